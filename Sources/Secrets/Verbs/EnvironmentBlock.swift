import CLinux
import Contract
import Linux

/// Our environment with secrets added, for a program that we become.
final class EnvironmentBlock {
    /// `NAME=value` and a NUL byte.
    private final class Entry {
        let name: String
        let text: SecretBuffer

        init(name: String, text: consuming SecretBuffer) {
            self.name = name
            self.text = text
        }
    }

    private var entries: [Entry] = []

    func add(_ name: String, _ value: borrowing SecretBuffer) throws(Failure) {
        try failing(.provider) { () throws(SystemError) in
            var text = try SecretBuffer(capacity: name.utf8.count + value.count + 2)
            text.fill { target in
                var place = 0
                for byte in name.utf8 + [UInt8(ascii: "=")] {
                    target[place] = byte
                    place += 1
                }
                value.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(from: $0) }
                target[place + value.count] = 0
                return target.count
            }
            entries.append(Entry(name: name, text: text))
        }
    }

    /// Becomes `command`, which is looked for along PATH.
    ///
    /// - Returns: errno, when that fails.
    func execute(_ command: [String]) -> Int32 {
        let inherited = Linux.environment().filter { variable in
            !entries.contains { variable.starts(with: Array($0.name.utf8) + [UInt8(ascii: "=")]) }
        }
        let others = CStringArray(inherited)
        let arguments = CStringArray(command)
        let count = inherited.count + entries.count
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count + 1)
        defer { pointers.deallocate() }
        for index in inherited.indices { pointers[index] = others.pointer[index] }
        // The buffers stay where they are for as long as their entries live, and we do.
        for (index, entry) in entries.enumerated() {
            pointers[inherited.count + index] = entry.text.withBytes {
                UnsafeMutableRawPointer(mutating: $0.baseAddress)?.assumingMemoryBound(to: CChar.self)
            }
        }
        pointers[count] = nil
        var error = ENOENT
        for path in ProgramSearch([UInt8]((command.first ?? "").utf8), environment: inherited).paths {
            (path + [0]).withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { name in
                    if let start = name.baseAddress { clinux_exec_path(start, arguments.pointer, pointers) }
                }
            }
            // One that is there and may not be run says more than one that is not.
            if clinux_errno() != ENOENT && clinux_errno() != ENOTDIR { error = clinux_errno() }
        }
        return error
    }
}
