import CLinux
import Contract
import Linux
import Logging

extension HostCommand {
    private static let mapSeconds = 10

    /// Starts it as `plan` says, in a user namespace if it takes one.
    ///
    /// - Throws: code 4.
    func start(_ plan: SpawnPlan, log: Logger) throws(Failure) -> pid_t {
        do throws(SystemError) {
            if joinsPod { try SessionKeyring.leave() }
            guard ids != nil else { return try spawn(plan) }
        } catch {
            throw failure(error)
        }
        let child = try unmappedChild(plan)
        do throws(Failure) {
            try map(child.pid, log: log)
        } catch {
            child.abandon()
            throw error
        }
        do throws(SystemError) {
            return try child.run()
        } catch {
            throw failure(error)
        }
    }

    private func unmappedChild(_ plan: SpawnPlan) throws(Failure) -> UnmappedChild {
        do throws(SystemError) {
            return try spawnInUserNamespace(plan)
        } catch {
            throw failure(error)
        }
    }

    private func map(_ pid: pid_t, log: Logger) throws(Failure) {
        for command in ids?.commands(pid: String(pid)) ?? [] {
            let output = try command.run(seconds: HostCommand.mapSeconds, log: log)
            guard output.status == 0 else {
                throw Failure(
                    .provider, "the pod was not given its ids (\(output.complaint)); look at /etc/subuid and /etc/subgid")
            }
        }
    }

    private func failure(_ error: SystemError) -> Failure {
        if error.isOfProgram, error.errno == ENOENT { return Failure(.provider, "there is no \(arguments[0]) on this machine") }
        if error.isOfUserNamespace {
            return Failure(.provider, error, next: "look at sysctl user.max_user_namespaces, or choose another provider")
        }
        return Failure(.provider, error)
    }
}
