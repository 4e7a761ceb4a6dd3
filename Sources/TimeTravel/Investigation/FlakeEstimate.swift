// SPDX-License-Identifier: GPL-3.0-or-later

/// What is believed about how often a sound build fails by chance.
///
/// Flakiness is taken as one-sided: a sound build sometimes fails, a trapped one does not pass. The rate has a prior on a
/// grid, most of it at "hardly ever", and is updated with every build that was known to be sound.
struct FlakeEstimate {
    private let weights: [Double]

    private static let rates: [Double] = [0.0005, 0.01, 0.03, 0.06, 0.12, 0.2, 0.3, 0.45, 0.65]
    private static let prior: [Double] = [0.80, 0.02, 0.04, 0.05, 0.04, 0.03, 0.012, 0.006, 0.002]

    /// After `passed` sound builds that passed and `failed` sound builds that failed.
    init(passed: Int, failed: Int) {
        var weights = zip(FlakeEstimate.rates, FlakeEstimate.prior).map { rate, prior in
            prior * FlakeEstimate.power(1 - rate, passed) * FlakeEstimate.power(rate, failed)
        }
        let total = weights.reduce(0, +)
        weights = total > 0 ? weights.map { $0 / total } : FlakeEstimate.prior
        self.weights = weights
    }

    /// The expected rate.
    var rate: Double { chance(ofFailing: 1) }

    /// How likely it is that `count` builds in a row fail although they are sound.
    func chance(ofFailing count: Int) -> Double {
        zip(FlakeEstimate.rates, weights).reduce(0) { $0 + $1.1 * FlakeEstimate.power($1.0, count) }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var (factor, rest) = (base, max(0, exponent))
        while rest > 0 {
            if rest % 2 == 1 { result *= factor }
            factor *= factor
            rest /= 2
        }
        return result
    }
}
