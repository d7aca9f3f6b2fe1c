/// What `tazpod-init` writes, as a line of its own, when the pod is ready for the first time.
public let readyLine = "tazpod-init: the pod is ready"
