namespace Cea.Sandbox.Control;

/// <summary>Asked of the sandbox what it cannot do; the text is shown to who asked.</summary>
internal sealed class ControlException(string message) : Exception(message);
