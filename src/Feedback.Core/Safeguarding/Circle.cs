namespace Cea.Feedback.Safeguarding;

/// <summary>Who may see an item. 0 is everybody who handles open items; 1 the screeners; the others are named people (safeguarding rule S2).</summary>
public sealed record Circle(short Id, string Code, short Strictness, bool Seals)
{
    public static readonly Circle Open = new(0, "open", 0, false);
    public static readonly Circle CheckFirst = new(1, "check_first", 1, true);

    /// <summary>The circles that a deployment starts with; the database's table is what holds.</summary>
    public static IReadOnlyList<Circle> All { get; } =
    [
        Open, CheckFirst,
        new(2, "health", 2, false), new(3, "protection", 4, false), new(4, "family_links", 3, false),
        new(5, "psea", 7, true), new(6, "integrity", 6, true), new(7, "data_protection", 5, true),
    ];

    public static Circle Of(string code) => All.First(c => c.Code == code);

    public static Circle Of(short id) => All.First(c => c.Id == id);
}
