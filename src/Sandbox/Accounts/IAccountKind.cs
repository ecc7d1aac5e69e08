namespace Cea.Sandbox.Accounts;

/// <summary>What an account of one kind must have.</summary>
internal interface IAccountKind
{
    string Kind { get; }

    /// <summary>What people call such a line.</summary>
    string Label { get; }

    /// <summary>How a person is known on it: <c>telephone</c> or <c>id</c>.</summary>
    string Person { get; }

    /// <summary>Fills what may be left out; throws <see cref="Control.ControlException"/> for what may not.</summary>
    SandboxAccount Complete(SandboxAccount account);
}
