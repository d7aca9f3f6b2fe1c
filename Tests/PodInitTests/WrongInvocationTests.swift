import Testing

@testable import PodInit

struct WrongInvocationTests {
    /// tini ends with 1 on a wrong command line, and what stands in for it must too.
    @Test(
        "A wrong command line says what is wrong and where to look, and ends with 1",
        arguments: [
            (["-x", "ls"], "there is no option -x"), (["-sx", "ls"], "there is no option -sx"),
            (["--subreaper", "ls"], "there is no option --subreaper"), (["--versions"], "there is no option --versions"),
            (["-é", "ls"], "there is no option -é"), (["-s"], "a command is missing after the options"),
            (["--"], "a command is missing after the options"), (["-e", "1"], "a command is missing after the options"),
            (["-p"], "-p needs a value"), (["-e"], "-e needs a value"), (["-gp"], "-p needs a value"),
            (["-p", "NONE", "ls"], "-p takes a signal's name or number, not NONE"),
            (["-p", "0", "ls"], "-p takes a signal's name or number, not 0"),
            (["-p", "", "ls"], "-p takes a signal's name or number, not "),
            (["-e", "256", "ls"], "-e takes an exit status from 0 to 255, not 256"),
            (["-e", "one", "ls"], "-e takes an exit status from 0 to 255, not one"),
            (["-e", "", "ls"], "-e takes an exit status from 0 to 255, not "),
            (["-e1x", "ls"], "-e takes an exit status from 0 to 255, not 1x"),
            (["--probe"], "--probe needs a value"), (["--probe", "well"], "--probe takes ready or live, not well"),
            (["--probe", "ready", "--wait"], "--wait needs a value"),
            (["--probe", "ready", "-v"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--probe", "ready", "--wait", "soon"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--probe", "ready", "--wait", "-1"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--probe", "ready", "--wait", "3601"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--probe", "ready", "ls"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--probe", "ready", "--wait", "1", "ls"], "--probe goes with --wait and a number of seconds up to 3600"),
            (["--ensure-session"], "--ensure-session needs a value"),
            (["--ensure-session", "main", "ls"], "--ensure-session takes one name"),
        ])
    func refused(line: [String], sentence: String) {
        let error = #expect(throws: InitFailure.self) { try invocation(line) }
        #expect(error == InitFailure(status: 1, "\(sentence); see tazpod-init --help"))
    }
}
