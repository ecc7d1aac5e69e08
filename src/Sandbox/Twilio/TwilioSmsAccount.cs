using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;

namespace Cea.Sandbox.Twilio;

/// <summary>A number at Twilio.</summary>
internal sealed class TwilioSmsAccount : IAccountKind
{
    public const string Name = "twilio-sms";

    public string Kind => Name;
    public string Label => "SMS";
    public string Person => "telephone";

    public SandboxAccount Complete(SandboxAccount account)
    {
        if (account.AccountSid is not ['A', 'C', _, ..] || account.AuthToken is not { Length: > 0 })
            throw new ControlException($"account {account.Name}: AccountSid (AC and 32 hex digits) and AuthToken are needed");
        if (account.Number is not { Length: > 0 })
            throw new ControlException($"account {account.Name}: Number is needed");
        return account;
    }
}
