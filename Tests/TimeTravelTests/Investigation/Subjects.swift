// SPDX-License-Identifier: GPL-3.0-or-later

@testable import TimeTravel

extension Subject {
    /// A package first built under `reference`, screened at the turn of the century on the weakest processor.
    static func sample(
        release: String = "2019-06-15T12:00:00Z", screening: [String] = ["2100-01-01T00:00:00Z"], cpu: CPUModel = .max,
        cores: Int = 1, precision: Precision = .day, buildLimit: Int = 120
    ) -> Subject {
        let date = Instant(release) ?? .epoch
        let reference = Conditions(date: date, cpu: cpu, kernel: .simulated, cores: cores)
        let hard = screening.compactMap { Instant($0) }.map {
            Conditions(date: $0, cpu: .baseline, kernel: .simulated, cores: cores)
        }
        return Subject(
            package: "sample", version: "1.0", derivation: "sample-1.0", screening: hard, reference: reference,
            releases: [date + 86_400], precision: precision, latest: CivilDate(firstOf: 2100).start,
            expectedSeconds: 20,
            buildLimit: buildLimit)
    }
}
