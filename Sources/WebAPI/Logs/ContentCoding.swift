// SPDX-License-Identifier: GPL-3.0-or-later

/// Content codings a client takes, RFC 9110 section 12.5.3.
enum ContentCoding {
    static func accepts(_ coding: String, in header: String?) -> Bool {
        guard let header else { return false }
        var any = false
        for item in header.split(separator: ",") {
            let parts = item.split(separator: ";").map { String($0.filter { $0 != " " && $0 != "\t" }).lowercased() }
            guard let name = parts.first else { continue }
            let refused = parts.dropFirst().contains {
                $0.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) }
            }
            if name == coding { return !refused }
            if name == "*" { any = !refused }
        }
        return any
    }
}
