using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.TwilioVoice;

/// <summary>A number at Twilio that takes calls.</summary>
internal sealed class TwilioVoiceAccount : IAccountKind
{
    public const string Name = "twilio-voice";

    public string Kind => Name;
    public string Label => "Telephone";
    public string Person => "telephone";

    public SandboxAccount Complete(SandboxAccount account)
    {
        if (account.AccountSid is not ['A', 'C', _, ..] || account.AuthToken is not { Length: > 0 } || account.Number is not { Length: > 0 })
            throw new ControlException($"account {account.Name}: AccountSid (AC and 32 hex digits), AuthToken and Number are needed");
        return account;
    }
}

/// <summary>Nobody writes to a telephone line.</summary>
internal sealed class TwilioVoiceLine : ILine
{
    private const string UseCalls = "a telephone line takes calls: /control/calls, or the page /sandbox/calls";

    public string Kind => TwilioVoiceAccount.Name;

    public Task<InboundResult> ReceiveAsync(SandboxAccount account, InboundMessage message, CancellationToken ct) => throw new ControlException(UseCalls);

    public Task<InboundResult> PressAsync(SandboxAccount account, ButtonPress press, CancellationToken ct) => throw new ControlException(UseCalls);

    public PlayedMessage Offer(SandboxAccount account, ButtonOffer offer) => throw new ControlException(UseCalls);

    public Task BlockAsync(SandboxAccount account, string from, bool blocked, CancellationToken ct) => throw new ControlException(UseCalls);
}
