import CLinux
import Contract
import Linux

extension Supervisor {
    /// Starts `arguments` as the workspace user; the job's end comes to `finish`.
    func startJob(_ arguments: [[UInt8]], for purpose: Job.Purpose) throws(SystemError) {
        let pipe = try Pipe()
        let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        var plan = SpawnPlan(
            program: arguments.first ?? [], arguments: arguments, environment: configuration.publicEnvironment)
        plan.account = configuration.account
        plan.directory = PodPaths.workspace
        plan.fallbackDirectory = configuration.account?.home ?? "/"
        plan.descriptors = .only([null.raw, pipe.writing.raw, STDERR_FILENO])
        plan.group = .session
        plan.privileges = configuration.account == nil ? .inherited : .none
        let identifier = nextIdentifier()
        let job = Job(pid: try spawn(plan), purpose: purpose, outputPipe: pipe.keepReading())
        jobs[identifier] = job
        deadlines.set(.job(identifier), at: monotonicMilliseconds() + Job.longestMilliseconds)
        try epoll.add(job.outputPipe.raw, token: EventToken(.job, identifier).raw)
    }

    func readJob(_ identifier: UInt32) {
        guard let job = jobs[identifier] else { return }
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = chunk.withUnsafeMutableBytes { read(job.outputPipe.raw, $0.baseAddress, $0.count) }
        if count > 0 {
            job.output.append(contentsOf: chunk[0..<count])
            if job.output.count <= Job.longestOutput { return }
            kill(job.pid, SIGKILL)
        } else if count < 0 && clinux_errno() == EINTR {
            return
        }
        epoll.remove(job.outputPipe.raw)
        job.outputEnded = true
        finishIfDone(identifier, job)
    }

    func jobEnded(_ pid: pid_t, _ waitStatus: Int32) {
        for (identifier, job) in jobs where job.pid == pid {
            job.exitStatus = Linux.exitStatus(waitStatus)
            finishIfDone(identifier, job)
            return
        }
    }

    /// A job that takes too long is given up; what it left running keeps the pipe open, so that ends here too.
    func killJob(_ identifier: UInt32) {
        guard let job = jobs[identifier] else { return }
        kill(job.pid, SIGKILL)
        if !job.outputEnded {
            epoll.remove(job.outputPipe.raw)
            job.outputEnded = true
        }
        finishIfDone(identifier, job)
    }

    private func finishIfDone(_ identifier: UInt32, _ job: Job) {
        guard job.outputEnded, job.exitStatus != nil else { return }
        deadlines.clear(.job(identifier))
        jobs[identifier] = nil
        switch job.purpose {
        case .startSession(let session): sessionStarted(job, session)
        case .endSession(let name, let client): sessionWasEnded(job, name, for: client)
        case .listSessions(let client): sessionsListed(job, for: client)
        case .readiness(let identifier):
            if let service = services.service(identifier) { readinessFound(service, isThere: job.exitStatus == 0) }
        }
    }
}
