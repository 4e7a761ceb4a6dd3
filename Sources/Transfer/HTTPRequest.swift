// SPDX-License-Identifier: GPL-3.0-or-later

/// A header field of HTTP.
package struct HTTPField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One HTTP request (or FTP download, where that scheme is allowed), and how far it may go.
package struct HTTPRequest: Sendable {
    /// What a redirect leads to.
    package enum Redirects: Sendable, Equatable {
        /// The redirecting response itself is returned.
        case refused
        case followed(limit: Int)
    }

    package var method: String
    package var url: String
    package var fields: [HTTPField]
    package var body: [UInt8]?
    package var limits: TransferLimits
    package var redirects: Redirects
    /// In lower case; redirects are held to them as well.
    package var schemes: Set<String>

    package init(
        _ url: String, method: String = "GET", fields: [HTTPField] = [], body: [UInt8]? = nil,
        limits: TransferLimits = TransferLimits(), redirects: Redirects = .followed(limit: 10),
        schemes: Set<String> = ["http", "https"]
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.limits = limits
        self.redirects = redirects
        self.schemes = schemes
    }
}

/// How long a transfer may take and how much it may bring.
package struct TransferLimits: Sendable, Equatable {
    /// For name resolution, connection and TLS handshake.
    package var connecting: Duration
    /// Without a byte arriving or leaving, whole seconds.
    package var stalled: Duration
    /// For everything, redirects included; the wait for a free place among concurrent transfers is not counted.
    package var total: Duration
    /// Bytes of a response's body.
    package var bodySize: Int64

    package init(
        connecting: Duration = .seconds(20), stalled: Duration = .seconds(60), total: Duration = .seconds(3_600),
        bodySize: Int64 = 64 << 20
    ) {
        self.connecting = connecting
        self.stalled = stalled
        self.total = total
        self.bodySize = bodySize
    }
}

/// What a server answered; of any status, the caller judges it.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    /// Of the last response, when redirects were followed.
    package var fields: [HTTPField]
    /// Empty when the body went to a file.
    package var body: [UInt8]
    /// Where redirects led.
    package var url: String
    /// Bytes of the body, wherever it went.
    package var bodySize: Int64

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The first field of a name, in any case.
    package func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
