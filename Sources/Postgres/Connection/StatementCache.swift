// SPDX-License-Identifier: GPL-3.0-or-later

/// The prepared statements of one session, by text and declared parameter types; the least recently used goes first.
struct StatementCache {
    struct Key: Hashable {
        let sql: String
        let types: [PostgresType]
    }

    let limit: Int
    private var names: [Key: (name: String, use: Int)] = [:]
    private var uses = 0
    private var created = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { names.count }

    mutating func name(of key: Key) -> String? {
        guard let found = names[key] else { return nil }
        uses += 1
        names[key] = (found.name, uses)
        return found.name
    }

    /// A name that was never used in this session.
    mutating func freshName() -> String {
        created += 1
        return "s\(created)"
    }

    /// Remembers a statement that the server has prepared.
    ///
    /// - Returns: the name of a statement to deallocate, if there are too many now.
    mutating func insert(_ key: Key, name: String) -> String? {
        uses += 1
        names[key] = (name, uses)
        guard names.count > limit, let oldest = names.min(by: { $0.value.use < $1.value.use }) else { return nil }
        names[oldest.key] = nil
        return oldest.value.name
    }

    mutating func forget(_ key: Key) {
        names[key] = nil
    }

    mutating func forgetAll() {
        names.removeAll()
    }
}

extension PostgresStatement {
    var cacheKey: StatementCache.Key { StatementCache.Key(sql: sql, types: parameters.map(\.type)) }
}
