import CLinux

/// A file descriptor that this value alone owns: it is closed when the value ends.
///
/// Every descriptor that the functions of this module open is close-on-exec.
public struct Descriptor: ~Copyable {
    /// The descriptor's number, for a call; the number stays this value's.
    public private(set) var raw: Int32

    /// Takes over `raw`, which must be open and owned by nobody else.
    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        if raw >= 0 { _ = close(raw) }
    }

    /// Gives the number away: the caller closes it now.
    public consuming func release() -> Int32 {
        let number = raw
        raw = -1
        return number
    }

    /// open(2), close-on-exec.
    public static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0, stage: String
    ) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying(stage) { clinux_open(path, flags | O_CLOEXEC, mode) })
    }

    /// A second descriptor for the same open file description, close-on-exec.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("duplicate a descriptor") { clinux_fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }

    /// Writes all of `bytes`, however many write(2) calls that takes.
    public func write(_ bytes: [UInt8], stage: String) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try retrying(stage) {
                bytes.withUnsafeBytes { CLinux.write(raw, $0.baseAddress.map { $0 + written }, $0.count - written) }
            }
        }
    }

    /// Writes all of `text` in UTF-8.
    public func write(_ text: String, stage: String) throws(SystemError) {
        try write([UInt8](text.utf8), stage: stage)
    }

    /// Reads to the end, or fails with EFBIG past `limit` bytes.
    public func readAll(limit: Int, stage: String) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try retrying(stage) {
                chunk.withUnsafeMutableBytes { CLinux.read(raw, $0.baseAddress, $0.count) }
            }
            if count == 0 { return bytes }
            if bytes.count + count > limit { throw SystemError(stage, errno: EFBIG) }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }
}

/// Both ends of a pipe(2), close-on-exec.
public struct Pipe: ~Copyable {
    public var reading: Descriptor
    public var writing: Descriptor

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try retrying("make a pipe") { ends.withUnsafeMutableBufferPointer { pipe2($0.baseAddress, O_CLOEXEC) } }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }

    /// Closes the writing end: the reader then sees the end once the other writers have gone.
    public consuming func keepReading() -> Descriptor {
        reading
    }

    /// Closes the reading end.
    public consuming func keepWriting() -> Descriptor {
        writing
    }
}

/// The whole of a small file, such as one of /proc.
public func readFile(_ path: String, limit: Int = 1 << 20, stage: String) throws(SystemError) -> [UInt8] {
    try Descriptor.open(path, O_RDONLY, stage: stage).readAll(limit: limit, stage: stage)
}

/// Closes every descriptor of this process but `kept`: what a forked child that runs on must do with its parent's.
public func closeDescriptors(except kept: [Int32]) {
    var first: Int32 = 0
    while let next = kept.filter({ $0 >= first }).min() {
        if next > first { _ = clinux_close_range(UInt32(bitPattern: first), UInt32(bitPattern: next - 1), 0) }
        first = next &+ 1
    }
    _ = clinux_close_range(UInt32(bitPattern: first), UInt32.max, 0)
}
