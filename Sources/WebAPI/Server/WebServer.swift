// SPDX-License-Identifier: GPL-3.0-or-later

import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import ServiceLifecycle

/// Where the server listens.
package struct WebConfiguration: Sendable {
    /// An address or name of this machine; the default is reached from this machine only.
    package var host: String
    /// 0: any free one; `onServerRunning` says which.
    package var port: Int
    /// How long a connection may say nothing, also in the middle of a request.
    package var idleTimeout: Duration
    /// How long a request's header may take, however its bytes come.
    package var headerTimeout: Duration
    /// Open at once; more wait.
    package var connections: Int

    package init(
        host: String = "127.0.0.1", port: Int = 8787, idleTimeout: Duration = .seconds(30),
        headerTimeout: Duration = .seconds(60), connections: Int = 1_000
    ) {
        self.host = host
        self.port = port
        self.idleTimeout = idleTimeout
        self.headerTimeout = headerTimeout
        self.connections = connections
    }
}

/// Where the server can be reached.
package struct WebAddress: Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// As a browser takes it.
    package var description: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// The web API and pages as a service: it runs until its group shuts down, then finishes the requests it has.
///
/// - Parameter onServerRunning: called once, when connections are accepted.
package func almanacServer(
    _ services: WebServices, configuration: WebConfiguration = WebConfiguration(), logger: Logger,
    onServerRunning: @escaping @Sendable (WebAddress) async -> Void = { _ in }
) -> some Service {
    Application(
        router: almanacRouter(services),
        server: .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    RequestDeadline(limit: .nanoseconds(configuration.headerTimeout.nanoseconds))
                ],
                idleTimeout: .nanoseconds(configuration.idleTimeout.nanoseconds))),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), serverName: "almanac",
            availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections)),
        onServerRunning: { channel in
            let port = channel.localAddress?.port ?? configuration.port
            await onServerRunning(WebAddress(host: configuration.host, port: port))
        },
        logger: logger)
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
