import CLinux
import Contract
import Linux

/// The certificates of authorities that a server's certificate may come from, as one file: libcurl reads one file once for all
/// connections.
struct Authorities: ~Copyable {
    /// nil where there are none.
    let path: String?
    /// Keeps `path` there, where it is a file of our own.
    private let descriptor: Descriptor?

    /// Where distributions have the system's.
    private static let places = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]
    private static let limit = 16 << 20
    private static let mark = [UInt8]("-----BEGIN CERTIFICATE-----".utf8)

    /// - Parameter extra: A file of certificates (PEM) that count too.
    /// - Throws: code 3 when it has none.
    init(extra: String?) throws(Failure) {
        let system = Authorities.places.first { access($0, R_OK) == 0 }
        guard let extra else {
            path = system
            descriptor = nil
            return
        }
        let added = try failing(.project, next: "name a file with the certificate of the server's authority") {
            () throws(SystemError) in try readFile(extra, limit: Authorities.limit, stage: "read the certificates in \(extra)")
        }
        guard Authorities.hasCertificate(added) else {
            throw Failure(.project, "there is no certificate in \(extra); name a file of certificates in PEM")
        }
        let file = try failing(.provider) { () throws(SystemError) in try Authorities.joined(system, added) }
        path = "/proc/self/fd/\(file.raw)"
        descriptor = consume file
    }

    private static func joined(_ system: String?, _ added: [UInt8]) throws(SystemError) -> Descriptor {
        let stage = "put certificates of authorities together"
        let file = Descriptor(owning: try retrying(stage) { memfd_create("authorities", UInt32(MFD_CLOEXEC)) })
        if let system { try file.write(try readFile(system, limit: limit, stage: stage), stage: stage) }
        try file.write([UInt8(ascii: "\n")] + added, stage: stage)
        return file
    }

    private static func hasCertificate(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { text in
            guard let start = text.baseAddress else { return false }
            return memmem(start, text.count, mark, mark.count) != nil
        }
    }
}
