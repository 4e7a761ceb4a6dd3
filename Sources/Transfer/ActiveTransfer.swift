// SPDX-License-Identifier: GPL-3.0-or-later

import CCurl
import Glibc

/// One transfer in libcurl's hands; only the engine's thread touches it.
final class ActiveTransfer {
    let plan: TransferPlan
    let handle: UnsafeMutableRawPointer
    /// Where libcurl writes its words about a failure.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var fields: [HTTPField] = []
    private var body: [UInt8] = []
    private var bodySize: Int64 = 0
    private var file: Int32 = -1
    /// What is still to be sent.
    var upload: ArraySlice<UInt8> = []
    /// Our own reason for breaking a transfer off; it goes before libcurl's.
    private(set) var ownFailure: TransferError?

    init?(_ plan: TransferPlan) {
        guard let handle = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.plan = plan
        self.handle = handle
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        almanac_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        configure()
    }

    deinit {
        curl_easy_cleanup(handle)
        for list in lists { curl_slist_free_all(list) }
        if file >= 0 { close(file) }
        errorText.deallocate()
    }

    // MARK: Data

    /// Takes a line of the response's header; a status line begins a new response.
    func take(headerLine line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self).trimmingLineEnd()
        if text.hasPrefix("HTTP/") { fields = [] }
        guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("HTTP/") else { return }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append(HTTPField(String(text[..<colon]), String(value)))
    }

    /// Takes some of the response's body.
    ///
    /// - Returns: whether to go on.
    func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        bodySize += Int64(bytes.count)
        guard bodySize <= plan.limits.bodySize else { return fail(.tooLarge(limit: plan.limits.bodySize)) }
        guard case .http(_, let path?, let observe) = plan.kind, isSuccess else {
            body.append(contentsOf: bytes)
            return true
        }
        guard write(bytes, to: path) else { return fail(.file(path, reason: String(cString: strerror(errno)))) }
        observe?(bytes.bytes)
        return true
    }

    private func fail(_ error: TransferError) -> Bool {
        ownFailure = error
        return false
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to path: String) -> Bool {
        if file < 0 { file = almanac_curl_create_file(path) }
        guard file >= 0 else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 && errno != EINTR { return false }
            rest = rest.dropFirst(max(count, 0))
        }
        return true
    }

    // MARK: The end

    private var status: Int {
        var status = 0
        almanac_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// FTP has its own numbers: 226 is success as well.
    private var isSuccess: Bool { (200..<300).contains(status) || (plan.url.hasPrefix("ftp") && status < 400) }

    func outcome(_ code: CURLcode) -> Result<HTTPResponse, TransferError> {
        if let failure = failure(code) {
            discardFile()
            return .failure(failure)
        }
        if case .http(_, let path?, _) = plan.kind, isSuccess, let error = finishFile(path) {
            discardFile()
            return .failure(error)
        }
        var pointer: UnsafePointer<CChar>?
        almanac_curl_get_string(handle, CURLINFO_EFFECTIVE_URL, &pointer)
        let url = pointer.map { String(cString: $0) } ?? plan.url
        return .success(HTTPResponse(status: status, fields: fields, body: body, url: url, bodySize: bodySize))
    }

    /// An empty body makes an empty file.
    private func finishFile(_ path: String) -> TransferError? {
        if file < 0 { file = almanac_curl_create_file(path) }
        guard file >= 0 else { return .file(path, reason: String(cString: strerror(errno))) }
        let isOurs = isRegularFile
        let status = close(file)
        file = -1
        if status == 0 { return nil }
        let reason = String(cString: strerror(errno))
        if isOurs { unlink(path) }
        return .file(path, reason: reason)
    }

    /// Removes what was written of a transfer that failed; a device or pipe is not ours to remove.
    func discardFile() {
        guard case .http(_, let path?, _) = plan.kind, file >= 0 else { return }
        let isOurs = isRegularFile
        close(file)
        file = -1
        if isOurs { unlink(path) }
    }

    private var isRegularFile: Bool {
        var status = stat()
        return fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func failure(_ code: CURLcode) -> TransferError? {
        if let ownFailure { return ownFailure }
        if code == CURLE_OK { return nil }
        let words = String(cString: errorText)
        let reason = words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
        if case .mail = plan.kind, status >= 400 { return .mailRefused(status: status, reason) }
        return TransferError(code, reason: reason, plan: plan)
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> String {
        String(decoding: Array(utf8).reversed().drop { $0 == 10 || $0 == 13 }.reversed(), as: UTF8.self)
    }
}

extension TransferError {
    /// What one of libcurl's errors means; the numbers are those of libcurl-errors(3).
    init(_ code: CURLcode, reason: String, plan: TransferPlan) {
        switch code {
        case CURLE_UNSUPPORTED_PROTOCOL: self = .schemeNotAllowed(url: plan.url)
        case CURLE_URL_MALFORMAT: self = .invalidURL(plan.url)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .cannotResolve(reason)
        case CURLE_COULDNT_CONNECT: self = .cannotConnect(reason)
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(reason)
        case CURLE_FILESIZE_EXCEEDED: self = .tooLarge(limit: plan.limits.bodySize)
        case CURLE_TOO_MANY_REDIRECTS: self = .tooManyRedirects(limit: plan.redirectLimit)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            self = .insecure(reason)
        default: self = .interrupted(reason)
        }
    }
}

extension TransferPlan {
    var redirectLimit: Int {
        if case .http(let request, _, _) = kind, case .followed(let limit) = request.redirects { limit } else { 0 }
    }
}
