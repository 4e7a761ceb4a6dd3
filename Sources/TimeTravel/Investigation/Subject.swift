// SPDX-License-Identifier: GPL-3.0-or-later

/// What an investigation is about and what is known before its first build.
package struct Subject: Hashable, Codable, Sendable {
    package var package: String
    package var version: String
    package var derivation: String
    /// The hard conditions to screen under, the main ones first.
    package var screening: [Conditions]
    /// The revision's date, a processor of its time, the default kernel.
    package var reference: Conditions
    /// Release dates of the package and other dates at which it surely built once, likeliest first.
    package var releases: [Instant]
    /// The processors a guest can be given here.
    package var cpuModels: [CPUModel]
    /// The kernels a guest can be given here.
    package var kernels: [KernelRelease]
    package var precision: Precision
    /// The dates between which windows are looked for; screening instants may lie outside.
    package var earliest: Instant
    package var latest: Instant
    /// Windows proven for other versions of the package.
    package var earlierWindows: [Window]
    /// Builds of other versions under conditions known to be good: how many passed and how many failed.
    package var history: FlakeHistory
    /// How long a build is expected to take by the guest's clock, in seconds, before any run was seen.
    package var expectedSeconds: Int64
    /// No more builds than this, the screening included; then the verdict is `unknown`.
    package var buildLimit: Int

    package init(
        package: String, version: String, derivation: String, screening: [Conditions], reference: Conditions,
        releases: [Instant] = [], cpuModels: [CPUModel] = CPUModel.emulated, kernels: [KernelRelease] = [],
        precision: Precision = .minute, earliest: Instant = CivilDate(firstOf: 1990).start,
        latest: Instant = CivilDate(firstOf: 2101).start, earlierWindows: [Window] = [],
        history: FlakeHistory = FlakeHistory(), expectedSeconds: Int64 = 60, buildLimit: Int = 90
    ) {
        self.package = package
        self.version = version
        self.derivation = derivation
        self.screening = screening
        self.reference = reference
        self.releases = releases
        self.cpuModels = cpuModels.sorted()
        self.kernels = kernels
        self.precision = precision
        self.earliest = earliest
        self.latest = latest
        self.earlierWindows = earlierWindows
        self.history = history
        self.expectedSeconds = expectedSeconds
        self.buildLimit = buildLimit
    }
}

/// How builds went that should have passed.
package struct FlakeHistory: Hashable, Codable, Sendable {
    package var passed: Int
    package var failed: Int

    package init(passed: Int = 0, failed: Int = 0) {
        self.passed = passed
        self.failed = failed
    }
}
