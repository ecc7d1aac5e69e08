using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;

namespace Cea.Sandbox.Twilio;

/// <summary>A number at Twilio: for SMS, or as a sender of WhatsApp.</summary>
internal sealed class TwilioNumberAccount(string kind, string label) : IAccountKind
{
    public const string Sms = "twilio-sms", WhatsApp = "twilio-whatsapp";

    public string Kind => kind;
    public string Label => label;
    public string Person => "telephone";

    /// <summary>What stands before addresses on the wire.</summary>
    public static string Prefix(SandboxAccount account) => account.Kind == WhatsApp ? "whatsapp:" : "";

    public SandboxAccount Complete(SandboxAccount account)
    {
        if (account.AccountSid is not ['A', 'C', _, ..] || account.AuthToken is not { Length: > 0 })
            throw new ControlException($"account {account.Name}: AccountSid (AC and 32 hex digits) and AuthToken are needed");
        if (account.Number is not { Length: > 0 })
            throw new ControlException($"account {account.Name}: Number is needed");
        return account.Number.StartsWith("whatsapp:", StringComparison.Ordinal) ? account with { Number = account.Number["whatsapp:".Length..] } : account;
    }
}
