namespace Cea.Worker.Replies;

/// <summary>How fast one account may send: a bucket for the account, a pause for each person. Kept by the node that sends for it.</summary>
/// <param name="rate">Messages a second on the account.</param>
/// <param name="perAddress">Messages a second to one person.</param>
internal sealed class AccountPace(double rate, double perAddress, TimeProvider clock)
{
    // At once after a pause: more would be refused by a provider that counts each second.
    private const double MostAtOnce = 10;

    // A telling leaves a tenth of the rate to answers, and to the provider's own counting.
    private const double CostOfBulk = 1 / 0.9;

    // Stamps, not times of the day: a clock that is set back stops no line.
    private readonly Dictionary<Guid, long> _people = [];
    private double _tokens = AtOnce(rate);
    private long _filled = clock.GetTimestamp();

    /// <summary>Messages a second; may be changed while it runs.</summary>
    public double Rate { get; set; } = rate;

    /// <summary>Zero when one may be sent now.</summary>
    public TimeSpan WaitForAccount()
    {
        var now = clock.GetTimestamp();
        _tokens = Math.Min(AtOnce(Rate), _tokens + clock.GetElapsedTime(_filled, now).TotalSeconds * Rate);
        _filled = now;
        return _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / Rate);
    }

    /// <param name="bulk">A survey or a telling.</param>
    public void Sent(Guid? person, bool bulk = false)
    {
        _tokens -= bulk ? CostOfBulk : 1;
        if (person is { } id)
            _people[id] = clock.GetTimestamp();
    }

    /// <summary>Who was written to a moment ago.</summary>
    public Guid[] RestingPeople()
    {
        foreach (var (id, at) in _people)
        {
            if (clock.GetElapsedTime(at) >= Rest)
                _people.Remove(id);
        }
        return [.. _people.Keys];
    }

    /// <summary>Until the first of those who rest may be written to again; null: nobody rests.</summary>
    public TimeSpan? UntilRested() => _people.Count == 0 ? null : Rest - clock.GetElapsedTime(_people.Values.Min());

    private TimeSpan Rest => TimeSpan.FromSeconds(1 / perAddress);

    private static double AtOnce(double rate) => Math.Clamp(rate, 1, MostAtOnce);
}
