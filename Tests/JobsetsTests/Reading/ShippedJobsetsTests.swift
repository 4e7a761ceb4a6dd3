// SPDX-License-Identifier: GPL-3.0-or-later

import Foundation
import Testing

@testable import Jobsets

@Suite struct ShippedJobsetsTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../Jobsets").standardizedFileURL.path

    @Test func `the demonstration on a Guix host differs in who evaluates it, and in nothing else`() throws {
        let nix = try JobsetFolder.read(Self.folder + "/demo.yaml")
        var guix = try JobsetFolder.read(Self.folder + "/demo-guix.yaml")
        #expect(guix.engine == .guix && guix.channel.expression == "guix.scm" && guix.name != nix.name)
        guix.engine = nix.engine
        guix.channel.expression = nix.channel.expression
        guix.name = nix.name
        guix.description = nix.description
        #expect(guix == nix)
    }
}
