import Linux

/// What this machine's kernel calls its drivers' devices (proc_devices(5)).
enum KernelDevices {
    /// The majors of block drivers by name; none when /proc cannot be read.
    static func blockMajors() -> [String: Int] {
        let bytes = (try? readFile("/proc/devices", stage: "read the kernel's devices")) ?? []
        return blockMajors(in: String(decoding: bytes, as: UTF8.self))
    }

    static func blockMajors(in text: String) -> [String: Int] {
        var majors: [String: Int] = [:]
        let lines = text.split(separator: "\n").drop { $0 != "Block devices:" }.dropFirst()
        for line in lines {
            let words = line.split(separator: " ")
            if words.count == 2, let major = Int(words[0]) { majors[String(words[1])] = major }
        }
        return majors
    }
}
