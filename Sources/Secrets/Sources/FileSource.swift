import CLinux
import Contract
import Linux
import SecretsPlan

/// A file that the ghost can read, byte for byte. An engine's secrets are files too, which the enclave has of its own.
struct FileSource: SecretSource {
    let context: SourceContext
    /// Where a secret is a file of its own name; nil when it says its path.
    var folder: String?

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        for item in items {
            delivery.deliver(item) { () throws(Failure) in try read(item) }
        }
    }

    private func read(_ item: PullItem) throws(Failure) -> SecretBuffer {
        let path = folder.map { "\($0)/\(item.options["key"] ?? item.name)" } ?? context.path(item.options["path"] ?? "")
        do throws(SystemError) {
            let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, stage: "read \(path)")
            var status = stat()
            try retrying("read \(path)") { fstat(file.raw, &status) }
            guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { throw SystemError("read \(path)", errno: EINVAL) }
            return try reading(file, path)
        } catch {
            if folder != nil, error.errno == ENOENT {
                throw Failure(
                    .provider,
                    "the engine gave this pod no secret \(item.options["key"] ?? item.name); make it there, then tazpod down and up"
                )
            }
            throw Failure(.provider, error)
        }
    }

    private func reading(_ file: borrowing Descriptor, _ path: String) throws(SystemError) -> SecretBuffer {
        do throws(Failure) {
            return try SecretBuffer.reading(file, limit: SecretBuffer.valueLimit, until: .max, what: path)
        } catch {
            throw SystemError("read \(path)", errno: EFBIG)
        }
    }
}
