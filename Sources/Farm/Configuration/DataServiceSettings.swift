// SPDX-License-Identifier: GPL-3.0-or-later

import Jobsets

/// A Guix Data Service that is told what becomes of derivations.
package struct DataServiceSettings: Sendable, Equatable {
    /// Such as `https://data.example.org/build-server/3/build-events`; nil: none.
    package var url: String?
    package var tokenFile: String?

    package init() {}

    static let keys = [
        "data-service": "an http or https URL that ends in /build-events", "data-service-token-file": "a file",
    ]

    /// - Returns: whether the value fits; nil where the key is none of these.
    mutating func set(_ key: String, _ value: String) -> Bool? {
        switch key {
        case "data-service":
            url = value
            return JobsetReader.isWebAddress(value) && value.hasSuffix("/build-events")
        case "data-service-token-file": tokenFile = DataDirectory.absolute(value)
        default: return nil
        }
        return true
    }
}
