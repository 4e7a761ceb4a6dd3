// SPDX-License-Identifier: GPL-3.0-or-later

/// Conditions under which a package is to be built, nil where any will do.
package struct Annotation: Hashable, Sendable {
    package var date: Instant?
    package var cpu: CPUModel?
    package var kernel: KernelRelease?
    package var cores: Int?

    package init(date: Instant? = nil, cpu: CPUModel? = nil, kernel: KernelRelease? = nil, cores: Int? = nil) {
        self.date = date
        self.cpu = cpu
        self.kernel = kernel
        self.cores = cores
    }

    /// `conditions` with what the annotation asks for put in.
    package func applied(to conditions: Conditions) -> Conditions {
        Conditions(
            date: date ?? conditions.date, cpu: cpu ?? conditions.cpu,
            kernel: kernel ?? conditions.kernel, cores: cores ?? conditions.cores)
    }
}

extension Annotation: Codable {
    private enum CodingKeys: String, CodingKey { case date, cpu, kernel, cores }

    /// Writes all four keys always, null where any value will do.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(date, forKey: .date)
        try container.encode(cpu, forKey: .cpu)
        try container.encode(kernel, forKey: .kernel)
        try container.encode(cores, forKey: .cores)
    }
}
