using Cea.Feedback.Intake;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class LineStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 8, 0, 0, TimeSpan.Zero);
    private static readonly LineSigns Well = new(null, false, true, null, Now, true, Now, [], LineFacts.None, 0);
    private static readonly LineProblem Off = new("off", true, ""), Unopened = new("unopened", true, ""), Elsewhere = new("webhook_elsewhere", true, "", "https://x/receive"), NoRetry = new("webhook_no_retry", false, "", "https://x/receive");

    public static TheoryData<string, LineSigns, string> Lines => new()
    {
        { "all well", Well, "Works: fine" },
        { "cannot be asked", Well with { CanBeChecked = false, CheckedAt = null, Found = null }, "Works: fine_unchecked" },
        { "not asked yet", Well with { CheckedAt = null, Found = null }, "Attention: unchecked" },
        { "no answer", Well with { Found = null }, "Attention: no_answer" },
        { "calls go elsewhere", Well with { Found = [NoRetry, Elsewhere] }, "Broken: webhook_elsewhere webhook_no_retry" },
        { "no retry", Well with { Found = [NoRetry] }, "Attention: webhook_no_retry" },
        { "a setting is missing", Well with { Broken = new LineProblem("setting_missing", true, "", "From") }, "Broken: setting_missing" },
        { "the provider refused us", Well with { Refused = true }, "Broken: refused" },
        { "open without a note", Well with { HasNote = false }, "Attention: no_note" },
        { "in doubt", Well with { Facts = LineFacts.None with { InDoubt = 1 } }, "Attention: in_doubt" },
        { "few failures", Well with { Failed = 4 }, "Works: fine" },
        { "as many failures as wrong numbers bring", Well with { Failed = 5, Facts = LineFacts.None with { SentWeek = 30 } }, "Works: fine" },
        { "too many failures", Well with { Failed = 5, Facts = LineFacts.None with { SentWeek = 20 } }, "Attention: failing" },
        { "a slow queue", Well with { Facts = LineFacts.None with { Waiting = 1, WaitingSince = Now.AddMinutes(-11) } }, "Attention: slow" },
        { "a queue that moves", Well with { Facts = LineFacts.None with { Waiting = 900, WaitingSince = Now.AddMinutes(-9) } }, "Works: fine" },
        { "paused, so the queue is slow by intent", Well with { PausedUntil = Now.AddMinutes(1), Facts = LineFacts.None with { Waiting = 1, WaitingSince = Now.AddHours(-1) } }, "Paused: paused" },
        { "a pause that is over", Well with { PausedUntil = Now.AddMinutes(-1) }, "Works: fine" },
        { "paused and broken", Well with { PausedUntil = Now.AddMinutes(1), Refused = true }, "Broken: refused paused" },
        { "off", Well with { Broken = Off, Found = null }, "Off: off" },
        { "off while messages wait", Well with { Broken = Off, Facts = LineFacts.None with { Waiting = 2 } }, "Off: off waits_closed" },
        { "never opened, without a note", Well with { Broken = Unopened, HasNote = false, LastReceivedAt = null }, "Off: unopened" },
        { "never opened, with a note", Well with { Broken = Unopened, LastReceivedAt = null }, "Off: ready" },
        { "never opened, and people write to it", Well with { Broken = Unopened, HasNote = false, Facts = LineFacts.None with { Waiting = 1 } }, "Attention: heard_closed unopened waits_closed" },
    };

    [Theory, MemberData(nameof(Lines))]
    public void A_line_has_one_mark_and_the_reasons_for_it(string line, LineSigns signs, string expected)
    {
        var state = LineState.Of(signs, Now);
        $"{state.Mark}: {string.Join(' ', state.Reasons.Select(r => r.Code))}".ShouldBe(expected, line);
    }
}
