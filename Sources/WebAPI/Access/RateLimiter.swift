// SPDX-License-Identifier: GPL-3.0-or-later

/// Token buckets by address: so many at once, then so many a second.
struct RateLimiter: Sendable {
    /// How many at once.
    let burst: Double
    let perSecond: Double
    /// Addresses remembered; who is forgotten begins with a full bucket.
    static let memory = 10_000

    private struct Bucket {
        var level: Double
        var time: Duration
    }

    private var buckets: [String: Bucket] = [:]

    init(burst: Double, perSecond: Double) {
        self.burst = burst
        self.perSecond = perSecond
    }

    /// Takes one from an address's bucket.
    ///
    /// - Parameter time: since any beginning; never goes backwards.
    /// - Returns: how many seconds to wait where the bucket is empty, at least 1; else nil.
    mutating func take(_ address: String, at time: Duration) -> Int? {
        var bucket = filled(address, at: time)
        let wait = bucket.level >= 1 ? nil : max(1, Int(((1 - bucket.level) / perSecond).rounded(.up)))
        if wait == nil { bucket.level -= 1 }
        if buckets.count >= Self.memory, buckets[address] == nil { forget(at: time) }
        buckets[address] = bucket
        return wait
    }

    /// Seconds to wait where an address's bucket is empty, without taking any.
    func wait(_ address: String, at time: Duration) -> Int? {
        let level = filled(address, at: time).level
        return level >= 1 ? nil : max(1, Int(((1 - level) / perSecond).rounded(.up)))
    }

    private func filled(_ address: String, at time: Duration) -> Bucket {
        guard let bucket = buckets[address] else { return Bucket(level: burst, time: time) }
        return Bucket(level: min(burst, bucket.level + (time - bucket.time) / .seconds(1) * perSecond), time: time)
    }

    /// Forgets who has a full bucket; where that is nobody, everybody.
    private mutating func forget(at time: Duration) {
        buckets = buckets.filter { filled($0.key, at: time).level < burst }
        if buckets.count >= Self.memory { buckets = [:] }
    }
}
