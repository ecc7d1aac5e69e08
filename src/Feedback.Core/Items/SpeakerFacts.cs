using System.Text.Json;
using System.Text.Json.Serialization;
using Cea.Feedback.Safeguarding;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>
/// Who spoke, as far as he wanted to say. Each is optional (null: not asked), and each has <see cref="NotSaid"/>. The lists are those of the IFRC coding framework and of the
/// Washington Group's short set.
/// </summary>
public sealed record SpeakerFacts
{
    public const string NotSaid = "not_said";

    public static readonly IReadOnlyList<string> Sexes = ["female", "male", "other", "mixed", NotSaid];
    public static readonly IReadOnlyList<string> AgeBands = ["under_13", "13_17", "18_59", "60_over", "mixed", NotSaid];
    public static readonly IReadOnlyList<string> Diversities = ["physical_disability", "mental_disability", "underlying_illness", "migrant", "ethnic_minority", "pregnant_lactating", "other", "none", NotSaid];

    /// <summary>The answers to each of the six questions.</summary>
    public static readonly IReadOnlyList<string> Difficulties = ["no_difficulty", "some", "a_lot", "cannot", NotSaid];

    /// <summary>The six questions, in their order.</summary>
    public static readonly IReadOnlyList<string> Questions = ["seeing", "hearing", "walking", "remembering", "self_care", "communicating"];

    public string? Sex { get; init; }
    public string? AgeBand { get; init; }
    public IReadOnlyList<string> Diversity { get; init; } = [];

    /// <summary>Answers by question; a question that was not asked is not in it.</summary>
    public IReadOnlyDictionary<string, string> Difficulty { get; init; } = new Dictionary<string, string>();

    /// <summary>How many spoke together.</summary>
    public int? GroupSize { get; init; }

    [JsonIgnore]
    public bool IsEmpty => Sex is null && AgeBand is null && Diversity.Count == 0 && Difficulty.Count == 0 && GroupSize is null;

    [JsonIgnore]
    public bool IsMinor => AgeBand is "under_13" or "13_17";

    public override string ToString() => "[speaker]";
}

/// <summary>The facts as they are kept: in the clear with an open item, else sealed to its circles.</summary>
public sealed class Speaker
{
    public Guid ItemId { get; set; }
    public string? Sex { get; set; }
    public string? AgeBand { get; set; }
    public string[] Diversity { get; set; } = [];
    public string? Seeing { get; set; }
    public string? Hearing { get; set; }
    public string? Walking { get; set; }
    public string? Remembering { get; set; }
    public string? SelfCare { get; set; }
    public string? Communicating { get; set; }
    public int? GroupSize { get; set; }
    public byte[]? Sealed { get; set; }

    /// <summary>For who holds one of the keys; null when they are sealed to others.</summary>
    public SpeakerFacts? Read(IEnumerable<byte[]> circleKeys)
    {
        if (Sealed is not null)
            return CircleKeys.Open(Sealed, circleKeys) is { } plain ? JsonSerializer.Deserialize<SpeakerFacts>(plain, JsonSerializerOptions.Web) : null;
        var answers = new[] { Seeing, Hearing, Walking, Remembering, SelfCare, Communicating };
        return new SpeakerFacts
        {
            Sex = Sex, AgeBand = AgeBand, Diversity = Diversity, GroupSize = GroupSize,
            Difficulty = SpeakerFacts.Questions.Zip(answers).Where(q => q.Second is not null).ToDictionary(q => q.First, q => q.Second!),
        };
    }

    /// <summary>Seals the facts of an item that stood open. What another circle's keys seal nobody without them can seal anew: it stays with those.</summary>
    internal static async Task SealAsync(NpgsqlConnection connection, Guid item, byte[] publicKey, CancellationToken ct)
    {
        var open = new Speaker();
        await using (var find = new NpgsqlCommand("""
            select sex, age_band, diversity, seeing, hearing, walking, remembering, self_care, communicating, group_size from speaker where item_id = $1 and sealed is null for update
            """, connection) { Parameters = { new() { Value = item } } })
        {
            await using var row = await find.ExecuteReaderAsync(ct);
            if (!await row.ReadAsync(ct))
                return;
            string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
            (open.Sex, open.AgeBand, open.Diversity, open.GroupSize) = (Text(0), Text(1), (string[])row[2], row.IsDBNull(9) ? null : row.GetInt32(9));
            (open.Seeing, open.Hearing, open.Walking, open.Remembering, open.SelfCare, open.Communicating) = (Text(3), Text(4), Text(5), Text(6), Text(7), Text(8));
        }
        open.Keep(open.Read([])!, [publicKey]);
        await using var seal = new NpgsqlCommand("""
            update speaker set sealed = $2, sex = null, age_band = null, diversity = '{}', seeing = null, hearing = null, walking = null, remembering = null, self_care = null, communicating = null, group_size = null where item_id = $1
            """, connection) { Parameters = { new() { Value = item }, new() { Value = open.Sealed! } } };
        await seal.ExecuteNonQueryAsync(ct);
    }

    /// <summary>In the clear when there is nobody to seal them to.</summary>
    public void Keep(SpeakerFacts facts, IReadOnlyList<byte[]> publicKeys)
    {
        var open = publicKeys.Count == 0 ? facts : new SpeakerFacts();
        Sealed = publicKeys.Count == 0 ? null : CircleKeys.Seal((ReadOnlySpan<byte>)JsonSerializer.SerializeToUtf8Bytes(facts, JsonSerializerOptions.Web), publicKeys);
        (Sex, AgeBand, Diversity, GroupSize) = (open.Sex, open.AgeBand, [.. open.Diversity], open.GroupSize);
        (Seeing, Hearing, Walking) = (open.Difficulty.GetValueOrDefault("seeing"), open.Difficulty.GetValueOrDefault("hearing"), open.Difficulty.GetValueOrDefault("walking"));
        (Remembering, SelfCare, Communicating) = (open.Difficulty.GetValueOrDefault("remembering"), open.Difficulty.GetValueOrDefault("self_care"), open.Difficulty.GetValueOrDefault("communicating"));
    }
}
