// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a build depends on its conditions; anything but `unknown` is claimed only with evidence that fits the observed edge.
package enum Cause: String, CaseIterable, Codable, Hashable, Sendable {
    case certificateExpired = "certificate-expired"
    case certificateNotYetValid = "certificate-not-yet-valid"
    case keyExpired = "key-expired"
    case signatureExpired = "signature-expired"
    case dataFileExpired = "data-file-expired"
    case y2036
    case y2038
    case y2106
    case twoDigitYear = "two-digit-year"
    case hardCodedDate = "hard-coded-date"
    case leapDay = "leap-day"
    case relativeWindow = "relative-window"
    case illegalInstruction = "illegal-instruction"
    case cpuTuning = "cpu-tuning"
    case kernel
    case parallelism
    case unknown
}
