import CLinux

/// A NULL-terminated array of C strings on the heap, as execve(2) takes it. Freed with this value.
public struct CStringArray: ~Copyable {
    public let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    /// Copies `strings`; bytes after a NUL in one of them are lost.
    public init(_ strings: [[UInt8]]) {
        count = strings.count
        pointer = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
            for (offset, byte) in string.enumerated() { copy[offset] = CChar(bitPattern: byte) }
            copy[string.count] = 0
            pointer[index] = copy
        }
        pointer[count] = nil
    }

    public init(_ strings: [String]) {
        self.init(strings.map { [UInt8]($0.utf8) })
    }

    deinit {
        for index in 0..<count { pointer[index]?.deallocate() }
        pointer.deallocate()
    }
}

/// The strings of a NULL-terminated array, as main and environ(7) have them.
public func strings(
    of array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, from first: Int = 0
) -> [[UInt8]] {
    guard let array else { return [] }
    var result: [[UInt8]] = []
    // From the start, so that `first` beyond the end is not looked at: behind an empty list of arguments lies the environment.
    var index = 0
    while let string = array[index] {
        if index >= first { result.append(Array(UnsafeRawBufferPointer(start: string, count: strlen(string)))) }
        index += 1
    }
    return result
}

/// The texts in UTF-8.
public func utf8(_ texts: String...) -> [[UInt8]] {
    texts.map { [UInt8]($0.utf8) }
}

/// This process's environment as `NAME=value` byte strings.
public func environment() -> [[UInt8]] {
    strings(of: clinux_environ())
}

/// The value of one environment variable, or nil.
public func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
