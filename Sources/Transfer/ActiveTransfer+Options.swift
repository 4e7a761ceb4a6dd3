// SPDX-License-Identifier: GPL-3.0-or-later

import CCurl
import Glibc

extension ActiveTransfer {
    /// Tells libcurl what to do.
    func configure() {
        set(CURLOPT_URL, plan.url)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, plan.limits.connecting.milliseconds)
        set(CURLOPT_TIMEOUT_MS, plan.limits.total.milliseconds)
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, max(1, Int(plan.limits.stalled.components.seconds)))
        almanac_curl_set_offset(handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(1, plan.limits.bodySize)))
        setCallbacks()
        switch plan.kind {
        case .http(let request, _, _): configure(request)
        case .mail(let message, let server, _): configure(message, server)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) { almanac_curl_set_long(handle, option, value) }

    private func set(_ option: CURLoption, _ value: String) { almanac_curl_set_string(handle, option, value) }

    private func set(_ option: CURLoption, _ values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values { list = curl_slist_append(list, value) }
        guard let list else { return }
        lists.append(list)
        almanac_curl_set_list(handle, option, list)
    }

    private func setCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        almanac_curl_set_pointer(handle, CURLOPT_PRIVATE, context)
        almanac_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        almanac_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let context else { return 0 }
            let transfer = Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        almanac_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        almanac_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context else { return 0 }
            let transfer = Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            transfer.take(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        almanac_curl_set_pointer(handle, CURLOPT_READDATA, context)
        almanac_curl_set_data_callback(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return almanac_curl_read_abort() }
            let transfer = Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
            let part = transfer.upload.prefix(size * count)
            transfer.upload = transfer.upload.dropFirst(part.count)
            UnsafeMutableRawBufferPointer(start: bytes, count: size * count).copyBytes(from: part)
            return part.count
        }
    }

    private func configure(_ request: HTTPRequest) {
        let schemes = request.schemes.sorted().joined(separator: ",")
        set(CURLOPT_PROTOCOLS_STR, schemes)
        set(CURLOPT_REDIR_PROTOCOLS_STR, schemes)
        if case .followed(let limit) = request.redirects {
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_MAXREDIRS, limit)
        }
        // A server that is asked whether it wants a body costs a second when it does not answer.
        set(CURLOPT_HTTPHEADER, ["Expect:"] + request.fields.map(\.headerLine))
        set(CURLOPT_USERAGENT, "almanac")
        setMethod(of: request)
    }

    private func setMethod(of request: HTTPRequest) {
        if request.method == "HEAD" { set(CURLOPT_NOBODY, 1) }
        guard let body = request.body else {
            if request.method != "GET" && request.method != "HEAD" { set(CURLOPT_CUSTOMREQUEST, request.method) }
            return
        }
        almanac_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        body.withUnsafeBytes { bytes in
            let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
            _ = almanac_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start)
        }
        set(CURLOPT_POST, 1)
        if request.method != "POST" { set(CURLOPT_CUSTOMREQUEST, request.method) }
    }

    private func configure(_ message: MailMessage, _ server: MailServer) {
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // Also bounds the farewell to a server that has fallen silent, for which libcurl waits on the engine's thread.
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, max(1, Int(plan.limits.stalled.components.seconds)))
        // A connection whose server did not answer the last message would be used for the next.
        set(CURLOPT_FORBID_REUSE, 1)
        upload = message.wireContent[...]
        set(CURLOPT_MAIL_FROM, "<\(message.sender)>")
        set(CURLOPT_MAIL_RCPT, message.recipients.map { "<\($0)>" })
        set(CURLOPT_UPLOAD, 1)
        almanac_curl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.count))
        switch server.security {
        case .none, .implicitTLS: break
        case .startTLSIfOffered: set(CURLOPT_USE_SSL, Int(CURLUSESSL_TRY.rawValue))
        case .startTLS: set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        }
        if let credentials = server.credentials {
            set(CURLOPT_USERNAME, credentials.user)
            set(CURLOPT_PASSWORD, credentials.password)
        }
    }

    /// Trusts only what a file of certificates vouches for.
    func trust(_ certificates: String) {
        set(CURLOPT_CAINFO, certificates)
        set(CURLOPT_PROXY_CAINFO, certificates)
    }
}

extension HTTPField {
    /// An empty value needs a semicolon, or libcurl takes the field for one to leave out.
    fileprivate var headerLine: String { value.isEmpty ? "\(name);" : "\(name): \(value)" }
}

extension Duration {
    fileprivate var milliseconds: Int { max(1, Int(self / .milliseconds(1))) }
}
