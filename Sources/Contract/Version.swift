/// The version of all TazPod programs, which are built and shipped together.
public let tazpodVersion = "0.1.0"
