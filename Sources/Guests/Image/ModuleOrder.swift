// SPDX-License-Identifier: GPL-3.0-or-later

/// In which order a kernel's modules must be loaded, from its modules.dep (depmod(8)).
struct ModuleOrder {
    /// File of each module by its name, dashes read as underscores, as the kernel does.
    private var files: [String: String] = [:]
    private var dependencies: [String: [String]] = [:]
    private let builtIn: Set<String>

    /// - Parameters:
    ///   - dependencies: the text of modules.dep.
    ///   - builtIn: the text of modules.builtin: what needs no loading.
    init(dependencies text: String, builtIn: String) {
        self.builtIn = Set(builtIn.split(separator: "\n").map { ModuleOrder.name(of: String($0)) })
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let file = String(line[..<colon])
            files[ModuleOrder.name(of: file)] = file
            dependencies[ModuleOrder.name(of: file)] =
                line[line.index(after: colon)...].split(separator: " ").map { ModuleOrder.name(of: String($0)) }
        }
    }

    /// The files of the wanted modules and of all they need, needed ones first.
    ///
    /// - Throws: `GuestError.image` for a module that the kernel has neither as a file nor built in.
    func files(for wanted: [String]) throws(GuestError) -> [String] {
        var order: [String] = []
        var seen: Set<String> = []
        for name in wanted { try visit(name, &order, &seen) }
        return order
    }

    private func visit(_ name: String, _ order: inout [String], _ seen: inout Set<String>) throws(GuestError) {
        guard seen.insert(name).inserted else { return }
        guard let file = files[name] else {
            if builtIn.contains(name) { return }
            throw .image("the kernel has no module \(name): take a full kernel, not a cloud one")
        }
        for needed in dependencies[name] ?? [] { try visit(needed, &order, &seen) }
        order.append(file)
    }

    /// `kernel/fs/ext4/ext4.ko.xz` is `ext4`.
    static func name(of file: String) -> String {
        let last = file.split(separator: "/").last ?? ""
        return String(last.prefix { $0 != "." }).split(separator: "-", omittingEmptySubsequences: false).joined(
            separator: "_")
    }
}
