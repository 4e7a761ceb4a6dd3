// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Rewriting

/// Checks out a repository at a past revision with the program of its kind, and takes away what that program keeps there.
///
/// Addresses come from past derivations, which nobody vouches for: only protocols that read are let through, and nothing
/// of a repository is run: no hooks, filters, extensions, externals that were not asked for.
struct RepositoryCheckout {
    /// Where to put it; nothing may be there yet.
    let folder: String
    let limit: Duration

    func fetch(_ origin: Origin) async throws {
        switch origin {
        case .git(let url, let commit, let isRecursive): try await git(url, commit, isRecursive)
        case .subversion(let origin): try await subversion(origin)
        case .mercurial(let url, let changeset):
            try Self.allow(url, ["https", "http", "file"])
            try await run(
                "hg",
                ["--config", "ui.interactive=no", "clone", "--quiet", "--updaterev", changeset, "--", url, folder],
                url, ["HGPLAIN": "1", "HGRCPATH": ""])
            try remove([".hg"])
        case .bazaar(let url, let revision):
            try Self.allow(url, ["https", "http", "bzr", "lp", "file"])
            try await run("brz", ["checkout", "--quiet", "--lightweight", "-r", revision, "--", url, folder], url)
            try remove([".bzr"])
        case .cvs(let root, let module, let revision): try await cvs(root, module, revision)
        case .download(let urls, _): throw SourceError.unknownAddress(urls.first ?? "nothing")
        }
    }

    /// Options that let git read, and run nothing.
    static let gitSettings = [
        "-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always", "-c",
        "protocol.git.allow=always", "-c", "protocol.file.allow=always", "-c", "core.hooksPath=/dev/null",
    ]

    private func git(_ url: String, _ commit: String, _ isRecursive: Bool) async throws {
        try Self.allow(url, ["https", "http", "git", "file"])
        let settings = Self.gitSettings + ["-c", "core.symlinks=true", "-C", folder]
        let environment = ["GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await run("git", settings + ["init", "--quiet", "--template="], url, environment)
        do {
            try await run("git", settings + ["fetch", "--quiet", "--depth=1", "--", url, commit], url, environment)
            try await run("git", settings + ["checkout", "--quiet", "--detach", "FETCH_HEAD"], url, environment)
        } catch SourceError.failed {
            // Not every server gives a commit by its name alone.
            try await run(
                "git",
                settings + [
                    "fetch", "--quiet", "--", url, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*",
                ],
                url, environment)
            try await run("git", settings + ["checkout", "--quiet", "--detach", commit], url, environment)
        }
        if isRecursive {
            try await run(
                "git", settings + ["submodule", "--quiet", "update", "--init", "--recursive"], url, environment)
        }
        try remove([".git"])
    }

    private func subversion(_ origin: SubversionOrigin) async throws {
        for checkout in origin.checkouts {
            try Self.allow(checkout.url, ["svn", "https", "http", "file"])
            let target = checkout.folder.isEmpty ? folder : "\(folder)/\(checkout.folder)"
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            let login =
                origin.user.map { ["--no-auth-cache", "--username", $0, "--password", origin.password ?? ""] } ?? []
            // 'recursive?' is about externals; folders are always exported whole.
            try await run(
                "svn",
                [
                    "export", "--quiet", "--force", "--non-interactive", "--ignore-keywords", "-r",
                    String(origin.revision),
                ]
                    + (origin.isRecursive ? [] : ["--ignore-externals"]) + login + ["--", checkout.url, target],
                checkout.url)
        }
    }

    private func cvs(_ root: String, _ module: String, _ revision: String) async throws {
        guard root.hasPrefix(":pserver:") || root.hasPrefix(":local:") else { throw SourceError.unknownAddress(root) }
        let manager = FileManager.default
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        let isDate = revision.contains(/^[0-9]{4}-[0-9]{2}-[0-9]{2}/)
        try manager.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try await run(
            "cvs",
            [
                "-Q", "-f", "-z3", "-d", root, "checkout", isDate ? "-D" : "-r", revision, "-d",
                URL(fileURLWithPath: folder).lastPathComponent, module,
            ], root, in: parent)
        try remove(["CVS"])
    }

    /// - Parameter schemes: those that read and run nothing.
    static func allow(_ url: String, _ schemes: [String]) throws {
        let scheme = url.prefix { $0 != ":" }
        let isWhole = scheme == "lp" || url.hasPrefix("\(scheme)://")
        guard schemes.contains(String(scheme)), isWhole, !url.hasPrefix("\(scheme)://-") else {
            throw SourceError.unknownAddress(url)
        }
    }

    private func run(
        _ program: String, _ arguments: [String], _ url: String, _ environment: [String: String] = [:],
        in directory: String? = nil
    ) async throws {
        let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
        let answer = try await HostTool.run("env", variables + [program] + arguments, in: directory, limit: limit)
        if answer.status == 127 { throw SourceError.missingProgram(program, reason: "it is not installed") }
        guard answer.isSuccess else { throw SourceError.failed("\(url): \(answer.complaint)") }
    }

    /// Takes away files and folders of these names, wherever they are; links are not followed.
    private func remove(_ names: Set<String>) throws {
        let manager = FileManager.default
        var folders = [folder]
        while let next = folders.popLast() {
            for name in try manager.contentsOfDirectory(atPath: next) {
                let path = "\(next)/\(name)"
                if names.contains(name) {
                    try manager.removeItem(atPath: path)
                } else if try manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeDirectory {
                    folders.append(path)
                }
            }
        }
    }
}
