import CLinux
import Linux

/// What is wrong with a service file.
struct ServiceFileError: Error, Equatable {
    /// From 1 on; 0 when it is about the whole file.
    var line: Int
    var sentence: String

    func described(_ name: Name) -> String {
        line > 0 ? "service \(name.text), line \(line): \(sentence)" : "service \(name.text): \(sentence)"
    }
}

/// Reads a service file: `key = value` lines; blank lines and those that begin with `#` say nothing.
struct ServiceFile {
    private var plan: ServicePlan
    private var seen: [String] = []

    /// - Throws: the first line that is wrong, and why.
    static func parse(_ text: [UInt8], name: Name) throws(ServiceFileError) -> ServicePlan {
        var file = ServiceFile(plan: ServicePlan(name: name, command: []))
        var number = 0
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number &+= 1
            let bytes = trimmed(line)
            if bytes.isEmpty || bytes[0] == UInt8(ascii: "#") { continue }
            do throws(Complaint) {
                try file.read(bytes)
            } catch {
                throw ServiceFileError(line: number, sentence: error.sentence)
            }
        }
        if file.plan.command.isEmpty { throw ServiceFileError(line: 0, sentence: "exec is missing: the command to run") }
        return file.plan
    }

    private struct Complaint: Error {
        var sentence: String

        init(_ sentence: String) {
            self.sentence = sentence
        }
    }

    private mutating func read(_ line: [UInt8]) throws(Complaint) {
        guard !line.contains(0) else { throw Complaint("there is a NUL byte in it") }
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { throw Complaint("write it as key = value") }
        let key = String(decoding: ServiceFile.trimmed(line[..<equals]), as: UTF8.self)
        let value = ServiceFile.trimmed(line[(equals &+ 1)...])
        if seen.contains(where: { sameText($0, key) }) { throw Complaint("\(key) is there twice") }
        seen.append(key)
        if value.isEmpty { throw Complaint("\(key) has no value") }
        try set(key, value)
    }

    private mutating func set(_ key: String, _ value: [UInt8]) throws(Complaint) {
        if sameText(key, "exec") {
            plan.command = try command(value)
        } else if sameText(key, "user") {
            plan.user = value
        } else if sameText(key, "directory") {
            plan.directory = try absolute(value, key)
        } else if sameText(key, "env-file") {
            plan.environmentFile = try absolute(value, key)
        } else if sameText(key, "restart") {
            plan.restart = try restart(value)
        } else if sameText(key, "backoff") {
            plan.backoff = try backoff(value)
        } else if sameText(key, "stop-signal") {
            plan.stopSignal = try signal(value)
        } else if sameText(key, "stop-timeout") {
            plan.stopMilliseconds = try duration(value, key)
        } else if sameText(key, "ready") {
            plan.readiness = try readiness(value)
        } else if sameText(key, "after") {
            plan.after = try names(value, key)
        } else if sameText(key, "required") {
            plan.required = try names(value, key)
        } else {
            throw Complaint(
                """
                there is no key \(key); the keys are exec, user, directory, env-file, restart, backoff, stop-signal, \
                stop-timeout, ready, after and required
                """)
        }
    }

    private func command(_ value: some Sequence<UInt8>) throws(Complaint) -> [[UInt8]] {
        guard let words = CommandWords.split(value) else { throw Complaint("a quote is not closed") }
        guard let program = words.first, !program.isEmpty else { throw Complaint("a command is missing") }
        return words
    }

    private func absolute(_ value: [UInt8], _ key: String) throws(Complaint) -> [UInt8] {
        guard value[0] == UInt8(ascii: "/") else { throw Complaint("\(key) takes a path that begins with /") }
        return value
    }

    private func restart(_ value: [UInt8]) throws(Complaint) -> ServicePlan.RestartPolicy {
        if same(value, "always") { return .always }
        if same(value, "on-failure") { return .onFailure }
        if same(value, "never") { return .never }
        throw Complaint("restart takes always, on-failure or never")
    }

    private func backoff(_ value: [UInt8]) throws(Complaint) -> BackoffPolicy {
        let words = CommandWords.split(value) ?? []
        guard words.count == 1 || words.count == 2 else {
            throw Complaint("backoff takes the first wait, and if you like the longest: 500ms 30s")
        }
        var policy = BackoffPolicy()
        policy.firstMilliseconds = try duration(words[0], "backoff")
        if words.count == 2 { policy.ceilingMilliseconds = try duration(words[1], "backoff") }
        policy.ceilingMilliseconds = max(policy.ceilingMilliseconds, policy.firstMilliseconds)
        return policy
    }

    private func signal(_ value: [UInt8]) throws(Complaint) -> Int32 {
        guard let number = SignalName.number(String(decoding: value, as: UTF8.self)) else {
            throw Complaint("stop-signal takes a signal's name or number")
        }
        return number
    }

    private func readiness(_ value: [UInt8]) throws(Complaint) -> ServicePlan.Readiness {
        let words = try command(value)
        if words.count == 1 && same(words[0], "fd") { return .descriptor }
        if words.count == 1 && same(words[0], "notify") { return .notify }
        if words.count == 2 && same(words[0], "socket") { return .socket(path: try absolute(words[1], "ready = socket")) }
        if words.count == 2 && same(words[0], "tcp"), let port = UInt16(String(decoding: words[1], as: UTF8.self)), port > 0 {
            return .tcp(port: port)
        }
        if words.count > 1 && same(words[0], "exec") { return .command(Array(words.dropFirst())) }
        throw Complaint("ready takes fd, notify, socket PATH, tcp PORT or exec COMMAND")
    }

    private func names(_ value: [UInt8], _ key: String) throws(Complaint) -> [Name] {
        var result: [Name] = []
        for word in CommandWords.split(value) ?? [] {
            guard let name = Name(word) else { throw Complaint("\(key) takes names of services, separated by spaces") }
            result.append(name)
        }
        return result
    }

    private func duration(_ value: [UInt8], _ key: String) throws(Complaint) -> Int64 {
        guard let milliseconds = Duration.milliseconds(value) else {
            throw Complaint("\(key) takes a time like 500ms, 10s or 2m, up to a day")
        }
        return milliseconds
    }

    private func same(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.elementsEqual(text.utf8)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let tail = bytes.drop { CommandWords.isBlank($0) }
        guard let last = tail.lastIndex(where: { !CommandWords.isBlank($0) }) else { return [] }
        return Array(tail[...last])
    }
}

/// Times in service files.
enum Duration {
    private static let longest: Int64 = 24 * 3600 * 1000

    /// - Returns: nil unless it is a number and `ms`, `s`, `m` or `h`, or a bare number of seconds, up to a day.
    static func milliseconds(_ text: [UInt8]) -> Int64? {
        let digits = text.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard let count = Int64(String(decoding: digits, as: UTF8.self)), let unit = unit(text.dropFirst(digits.count)) else {
            return nil
        }
        let (result, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow || result > longest ? nil : result
    }

    private static func unit(_ suffix: ArraySlice<UInt8>) -> Int64? {
        if suffix.isEmpty || suffix.elementsEqual("s".utf8) { return 1000 }
        if suffix.elementsEqual("ms".utf8) { return 1 }
        if suffix.elementsEqual("m".utf8) { return 60_000 }
        if suffix.elementsEqual("h".utf8) { return 3_600_000 }
        return nil
    }
}
