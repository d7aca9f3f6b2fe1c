import Contract

extension DevContainer {
    /// Makes the sources of bind mounts what the kernel will take them for: a link in the project, which somebody in the pod can
    /// write, may lead anywhere.
    ///
    /// - Throws: code 7 for what nobody in a pod may see.
    mutating func resolveMounts(project: String) throws(Failure) {
        for index in mounts.indices where mounts[index].kind == .bind {
            let written = mounts[index].source
            let source = (try? Project.canonical(written)) ?? written
            if PodPlaces.areHosts(written) || PodPlaces.areHosts(source) {
                throw Failure(
                    .refused,
                    "\(mounts[index].place): with \(source) in the pod, the pod's user would be root of this machine, so it is refused"
                )
            }
            mounts[index].source = source
            if source != project, !source.hasPrefix(project + "/") { reach.append("mounts \(source)") }
        }
    }
}
