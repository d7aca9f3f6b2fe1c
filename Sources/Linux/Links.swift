import CLinux

/// The target of the symbolic link at `path` (readlink(2)).
public func linkTarget(_ path: String, stage: String) throws(SystemError) -> String {
    var target: [UInt8] = []
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer throws(SystemError) in
        let count = try retrying(stage) { buffer.baseAddress.map { readlink(path, $0, buffer.count) } ?? -1 }
        target = buffer[0..<count].map { UInt8(bitPattern: $0) }
    }
    return String(decoding: target, as: UTF8.self)
}

/// The folder that this program was started from: TazPod's programs lie beside each other.
public func ownFolder() throws(SystemError) -> String {
    let path = [UInt8](try linkTarget("/proc/self/exe", stage: "find our own program").utf8)
    return String(decoding: path[0..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)], as: UTF8.self)
}
