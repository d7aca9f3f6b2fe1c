import Contract
import Linux

extension Filesystem {
    /// Looks at everything, and changes nothing.
    ///
    /// - Returns: what is wrong; nil when nothing is.
    static func problem(on device: borrowing Descriptor) throws(Failure) -> String? {
        let result = try run(["e2fsck", "-f", "-n", "/proc/self/fd/3"], on: device)
        return result.status == 0 ? nil : result.complaint
    }

    /// Looks at everything and mends what needs no decision, as resize2fs wants it.
    static func checkAll(_ device: borrowing Descriptor) throws(Failure) {
        let result = try run(["e2fsck", "-f", "-p", "/proc/self/fd/3"], on: device)
        if result.status & ~3 != 0 {
            throw Failure(.vault, "the vault's file system is damaged (\(result.complaint)); tazpod vault check --full says more")
        }
    }

    /// The bytes that the files of a checked file system need, as resize2fs estimates them.
    static func leastSize(_ device: borrowing Descriptor) throws(Failure) -> UInt64 {
        let result = try run(["resize2fs", "-P", "/proc/self/fd/3"], on: device)
        guard result.status == 0, let blocks = lastNumber(in: result.output) else {
            throw Failure(.vault, "resize2fs could not say how small the vault can get: \(result.complaint)")
        }
        let (bytes, overflow) = blocks.multipliedReportingOverflow(by: try superblock(of: device).blockSize)
        return overflow ? UInt64.max : bytes
    }

    /// Of "Estimated minimum size of the filesystem: 1234".
    static func lastNumber(in output: String) -> UInt64? {
        output.split(whereSeparator: { $0.isWhitespace }).last.flatMap { UInt64($0) }
    }

    /// Makes a checked file system `bytes` long.
    static func resize(_ device: borrowing Descriptor, to bytes: UInt64) throws(Failure) {
        let result = try run(["resize2fs", "/proc/self/fd/3", "\(bytes / 1024)K"], on: device)
        if result.status != 0 { throw Failure(.vault, "resize2fs could not change the vault's size: \(result.complaint)") }
    }
}
