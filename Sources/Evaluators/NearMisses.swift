// SPDX-License-Identifier: GPL-3.0-or-later

/// Names that somebody may have meant who wrote another.
enum NearMisses {
    /// The names most like `name`, best first; none that differs in more than a third of it.
    static func of(_ name: String, among names: [String], limit: Int = 3) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        let reach = max(1, wanted.count / 3)
        var found: [(name: String, distance: Int)] = []
        for other in names {
            let letters = Array(other.lowercased().utf8)
            if abs(letters.count - wanted.count) <= reach {
                let distance = distance(wanted, letters)
                if distance <= reach { found.append((other, distance)) }
            } else if wanted.count >= 3, other.lowercased().contains(name.lowercased()) {
                found.append((other, reach + 1))
            }
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    /// Letters to insert, delete, replace or swap with a neighbour: the optimal string alignment distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var (beforeLast, last) = ([Int](), Array(0...right.count))
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
