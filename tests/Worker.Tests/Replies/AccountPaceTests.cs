using Cea.Testing;
using Cea.Worker.Replies;

namespace Cea.Worker.Tests.Replies;

public sealed class AccountPaceTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 11, 29, 8, 0, 0, TimeSpan.Zero));

    [Fact]
    public void An_account_sends_its_rate_at_once_and_then_waits_for_each()
    {
        var pace = new AccountPace(10, 1, _clock);
        for (var n = 0; n < 10; n++)
        {
            pace.WaitForAccount().ShouldBe(TimeSpan.Zero);
            pace.Sent(null);
        }

        pace.WaitForAccount().TotalMilliseconds.ShouldBe(100, 0.001);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        pace.WaitForAccount().ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(true, 900, 909), InlineData(false, 1000, 1010)]
    public void Tellings_leave_a_tenth_of_the_rate_to_answers(bool bulk, int least, int most)
    {
        var pace = new AccountPace(100, 1, _clock);
        var sent = 0;
        for (var until = _clock.GetUtcNow().AddSeconds(10); _clock.GetUtcNow() < until; _clock.Advance(TimeSpan.FromMilliseconds(1)))
        {
            for (; pace.WaitForAccount() == TimeSpan.Zero; sent++)
                pace.Sent(null, bulk);
        }

        sent.ShouldBeInRange(least, most);
    }

    [Fact]
    public void After_a_pause_no_more_than_ten_go_out_at_once()
    {
        var pace = new AccountPace(100, 1, _clock);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var sent = 0;
        for (; pace.WaitForAccount() == TimeSpan.Zero; sent++)
            pace.Sent(null);
        sent.ShouldBe(10);
    }

    [Fact]
    public void A_person_rests_and_then_does_not()
    {
        var pace = new AccountPace(10, 1, _clock);
        var person = Guid.CreateVersion7();
        pace.Sent(person);

        _clock.Advance(TimeSpan.FromMilliseconds(900));
        pace.RestingPeople().ShouldBe([person]);
        pace.UntilRested().ShouldBe(TimeSpan.FromMilliseconds(100));
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        pace.RestingPeople().ShouldBeEmpty();
        pace.UntilRested().ShouldBeNull();
    }

    [Theory]
    [InlineData(null, 8), InlineData(10, 8), InlineData(20, 8), InlineData(50, 20), InlineData(100, 40)]
    public void An_account_has_eight_slots_until_it_names_a_rate_that_needs_more(int? rate, int slots) => SendingLine.SlotsFor(rate).ShouldBe(slots);
}
