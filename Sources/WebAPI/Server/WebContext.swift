// SPDX-License-Identifier: GPL-3.0-or-later

package import Hummingbird
package import Logging

/// What Hummingbird keeps for a request.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// A request that no connection brought.
    package init(logger: Logger) {
        coreContext = CoreRequestContextStorage(source: Unconnected(logger: logger))
    }

    private struct Unconnected: RequestContextSource {
        let logger: Logger
    }
}
