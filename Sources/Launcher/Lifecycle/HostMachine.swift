import CLinux
import Contract
import Linux

/// Whether this machine is what `hostRequirements` asks for.
struct HostMachine: Equatable {
    var cpus: Int
    var memory: UInt64
    /// Free on the project's disk.
    var storage: UInt64
    var hasGPU: Bool

    private static let gpuNodes: [String] = ["/dev/nvidia0", "/dev/kfd", "/dev/dri"]

    static func current(directory: String) -> HostMachine {
        var disk = statvfs()
        let free =
            statvfs(directory, &disk) == 0
            ? UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)) : (0, false)
        return HostMachine(
            cpus: sysconf(Int32(_SC_NPROCESSORS_ONLN)), memory: memory(HostFiles.text("/proc/meminfo")),
            storage: free.1 ? .max : free.0, hasGPU: gpuNodes.contains { access($0, F_OK) == 0 })
    }

    /// `MemTotal` of /proc/meminfo, in bytes.
    static func memory(_ text: String) -> UInt64 {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
        return kibibytes.multipliedReportingOverflow(by: 1024).partialValue
    }

    /// A machine's memory is never quite what it was sold as: the kernel keeps some.
    private static let kept: UInt64 = 512 << 20

    /// What it lacks of `requirements`; nil when nothing.
    func lack(of requirements: DevContainer.HostRequirements) -> String? {
        if let cpus = requirements.cpus, self.cpus < cpus { return "\(cpus) processors, and has \(self.cpus)" }
        if let memory = requirements.memory, memory > self.memory, memory - self.memory > HostMachine.kept {
            return "\(Quantities.text(memory)) of memory, and has \(Quantities.text(self.memory))"
        }
        if let storage = requirements.storage, self.storage < storage {
            return "\(Quantities.text(storage)) of free disk, and has \(Quantities.text(self.storage))"
        }
        return requirements.gpu && !hasGPU ? "a GPU, and has none" : nil
    }

    /// - Throws: code 4.
    static func check(_ project: Project) throws(Failure) {
        guard let file = project.devContainer, file.requirements != DevContainer.HostRequirements() else { return }
        if let lack = current(directory: project.directory).lack(of: file.requirements) {
            throw Failure(
                .provider, "\(file.file): hostRequirements: this machine should have \(lack); use another one, or lower it")
        }
    }
}
