import CLinux
import FoundationEssentials
import TestSupport
import Testing

@testable import Linux

struct SpawnTests {
    @Test("A child's exit status comes back", arguments: [0, 1, 126, 255] as [Int32])
    func status(status: Int32) throws {
        #expect(try run(["sh", "-c", "exit \(status)"]).status == status)
    }

    @Test("Arguments arrive as they are", arguments: [["a b", "", "*", "é"], []])
    func arguments(arguments: [String]) throws {
        let result = try run(["sh", "-c", "printf '<%s>\\n' \"$@\"", "sh"] + arguments)
        #expect(result.output == (arguments.isEmpty ? "<>\n" : arguments.map { "<\($0)>\n" }.joined()))
    }

    @Test("A child has the environment of its plan and nothing else")
    func environment() throws {
        let result = try run(["/usr/bin/env"]) { $0.environment = [[UInt8]("A=1".utf8), [UInt8]("B=é".utf8)] }
        #expect(result.lines == ["A=1", "B=é"])
    }

    @Test("A program without a slash is looked for along the plan's own PATH")
    func path() throws {
        let folder = try Folder()
        let program = "\(folder.path)/our-program"
        try Descriptor.open(program, O_WRONLY | O_CREAT, mode: 0o755, stage: "write").write(
            "#!/bin/sh\necho found\n", stage: "write")
        let result = try run(["our-program"]) { $0.environment = [[UInt8]("PATH=/nowhere:\(folder.path)".utf8)] }
        #expect(result.output == "found\n")
    }

    @Test("A program that is not there is an error of the parent's", arguments: ["no-such-program", "/no/such/program", ""])
    func missing(program: String) {
        #expect(throws: SystemError("run the program", errno: ENOENT)) { try run([program]) }
    }

    @Test("A program that may not be run is an error of the parent's", arguments: ["/etc/passwd", "/etc"])
    func notExecutable(program: String) {
        #expect(throws: SystemError("run the program", errno: EACCES)) { try run([program]) }
    }

    @Test("A plan without a single argument runs nothing")
    func noArguments() {
        #expect(throws: SystemError("run the program", errno: ENOENT)) { try run([]) }
    }

    @Test("A child that could not start is not left behind as a zombie")
    func reaped() throws {
        let before = try zombies()
        for _ in 0..<20 {
            #expect(throws: SystemError.self) { try run(["/no/such/program"]) }
        }
        // Other tests have children of their own just now; twenty more would be ours.
        #expect(try zombies() < before + 20)
    }

    private func zombies() throws -> Int {
        let us = getpid()
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int32(name) != nil, let stat = try? readFile("/proc/\(name)/stat", stage: "look at a process") else {
                return false
            }
            let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[0] == "Z" && fields[1] == String(us)
        }.count
    }

    @Test("A child starts in the folder of its plan")
    func directory() throws {
        #expect(try run(["pwd"]) { $0.directory = "/usr" }.output == "/usr\n")
    }

    @Test("A folder that cannot be entered is replaced by the other one")
    func fallback() throws {
        let result = try run(["pwd"]) {
            $0.directory = "/no/such/folder"
            $0.fallbackDirectory = "/usr"
        }
        #expect(result.output == "/usr\n")
    }

    @Test("Where no folder can be entered, nothing is run", arguments: [nil, "/nor/such/folder"])
    func noDirectory(fallback: String?) {
        #expect(throws: SystemError("enter the working directory", errno: ENOENT)) {
            try run(["pwd"]) {
                $0.directory = "/no/such/folder"
                $0.fallbackDirectory = fallback
            }
        }
    }

    @Test("Without a folder a child starts where we are")
    func sameDirectory() throws {
        #expect(try run(["pwd", "-P"]).output == linkTarget("/proc/self/cwd", stage: "find our folder") + "\n")
    }
}
