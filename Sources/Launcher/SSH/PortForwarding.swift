import ArgumentParser
import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// Ports of the host that lead into the pod as long as this process lives: ssh's own forwarding, through the provider's exec.
struct PortForwarding {
    let ports: [ProjectConfig.Port]
    let pod: FoundPod
    let log: Logger

    private static let startMilliseconds: Int64 = 30_000
    private static let ready = "ready"

    /// Starts to listen. The ssh that does is killed when this process ends, whatever it has become by then.
    ///
    /// Nothing asynchronous may come between this and the end of the process: it is this thread's end that the kernel watches.
    ///
    /// - Throws: code 4 when a port is taken, or the pod has no sshd.
    func start() throws(Failure) {
        if ports.isEmpty { return }
        let command = HostCommand(arguments: try arguments())
        log.debug("running \(command.description)")
        var plan = SpawnPlan(command.arguments, environment: command.variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
        plan.signalMask = InheritedSignals.mask
        // Keys that are typed into the session are not for it, Ctrl-C among them.
        plan.group = .session
        plan.endsWithParent = true
        let output = try failing(.provider) { () throws(SystemError) in try Pipe() }
        // In memory, and not a pipe, which would break under what ssh, and the engine below it, complain of later.
        let complaints = try failing(.provider) { () throws(SystemError) in
            Descriptor(owning: try retrying("keep what ssh says") { memfd_create("tazpod-ssh", UInt32(MFD_CLOEXEC)) })
        }
        try failing(.provider, next: "--forward-port needs the ssh command") { () throws(SystemError) in
            let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
            plan.descriptors = .only([null.raw, output.writing.raw, complaints.raw])
            _ = try spawn(plan)
        }
        let said = output.keepReading()
        try waitUntilReady(said, complaints)
    }

    private func arguments() throws(Failure) -> [String] {
        let keys = SSHKeys.of(podName: pod.record.name, .main)
        let host = SSHSession.main.host(of: pod.record.name)
        try keys.make(for: host, log: log)
        let entry = SSHHostEntry(
            session: .main, podName: pod.record.name, user: pod.record.user, project: pod.record.directory, keys: keys,
            program: try failing(.provider) { () throws(SystemError) in try ownFolder() } + "/tazpod")
        let file = "\(keys.folder)/config"
        let new = try NewFile.make(file, replaces: true)
        try failing(.provider) { () throws(SystemError) in try new.descriptor.write(entry.text, stage: "write \(file)") }
        try new.publish()
        return PortForwarding.arguments(host: host, config: file, ports)
    }

    /// The local command runs once everything is listened on.
    static func arguments(host: String, config: String, _ ports: [ProjectConfig.Port]) -> [String] {
        let options = [
            "BatchMode=yes", "ControlPath=none", "ExitOnForwardFailure=yes", "LogLevel=ERROR", "PermitLocalCommand=yes",
            "LocalCommand=echo \(ready)",
        ]
        return ["ssh", "-F", config, "-N", "-T", "-n"] + options.flatMap { ["-o", $0] }
            + ports.flatMap { ["-L", "\($0.hostAddress):\($0.hostPort):localhost:\($0.podPort)"] } + [host]
    }

    private func waitUntilReady(_ said: borrowing Descriptor, _ complaints: borrowing Descriptor) throws(Failure) {
        var watched = pollfd(fd: said.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, Int32(PortForwarding.startMilliseconds)) == 1 else {
            throw Failure(.timeout, "the ports were not forwarded within \(PortForwarding.startMilliseconds / 1000) seconds")
        }
        var byte: UInt8 = 0
        if read(said.raw, &byte, 1) == 1 { return }
        // It has ended, and with it the tazpod that it ran.
        let text = (try? complaints.read(1 << 16, at: 0, stage: "hear from ssh")) ?? []
        throw PortForwarding.failure(String(decoding: text, as: UTF8.self))
    }

    /// What ssh's complaints mean. The first is the cause; what the pod's own tazpod says, is said as it says it.
    static func failure(_ text: String) -> Failure {
        let first = text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? "ssh said nothing"
        if first.hasPrefix(Console.prefix) { return Failure(.provider, String(first.dropFirst(Console.prefix.count))) }
        if first.hasPrefix("bind ") {
            return Failure(.provider, "nothing can be forwarded there (\(first)); choose another port of the host")
        }
        return Failure(.provider, "the ports could not be forwarded: \(first)")
    }
}

extension ProjectConfig.Port: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
