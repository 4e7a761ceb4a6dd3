// SPDX-License-Identifier: GPL-3.0-or-later

/// A transfer to be made, as the engine's thread takes it.
struct TransferPlan: Sendable {
    enum Kind: Sendable {
        case http(HTTPRequest, file: String?, observe: (@Sendable (RawSpan) -> Void)?)
        case mail(MailMessage, MailServer, TransferLimits)
    }

    let kind: Kind

    var limits: TransferLimits {
        switch kind {
        case .http(let request, _, _): request.limits
        case .mail(_, _, let limits): limits
        }
    }

    var url: String {
        switch kind {
        case .http(let request, _, _): return request.url
        case .mail(_, let server, _):
            let scheme = server.security == .implicitTLS ? "smtps" : "smtp"
            let host = server.host.contains(":") ? "[\(server.host)]" : server.host
            return "\(scheme)://\(host):\(server.port)/\(server.ownName ?? "")"
        }
    }

    /// Why the plan need not even be tried.
    var fault: TransferError? {
        switch kind {
        case .http(let request, _, _):
            if request.url.utf8.contains(where: { $0 <= 32 || $0 == 127 }) { return .invalidURL(request.url) }
            for field in request.fields where (field.name + field.value).utf8.contains(where: { $0 == 10 || $0 == 13 })
            {
                return .invalidMessage("the header field \(field.name) contains a line break")
            }
            return nil
        case .mail(let message, _, _):
            return message.envelopeFault.map { .invalidMessage($0) }
        }
    }
}
