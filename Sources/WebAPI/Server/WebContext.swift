// SPDX-License-Identifier: GPL-3.0-or-later

package import Hummingbird
package import Logging
import NIOCore

/// What Hummingbird keeps for a request.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Of the client, as text; nil where no connection brought the request.
    let address: String?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress
    }

    /// A request that no connection brought.
    ///
    /// - Parameter address: as if it came from there.
    package init(logger: Logger, address: String? = nil) {
        self.address = address
        coreContext = CoreRequestContextStorage(source: Unconnected(logger: logger))
    }

    private struct Unconnected: RequestContextSource {
        let logger: Logger
    }
}
