using System.Text;
using Cea.Feedback.Classification;
using Cea.Feedback.Learning;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Learning;

/// <summary>A small corpus of the test's own, the shipped model, and rounds of learning on the test's database.</summary>
internal sealed class LearningDesk : IAsyncDisposable
{
    private static readonly string Shipped = Path.Combine(TestDatabase.RepositoryRoot, "data", "model", "cea.model");
    private readonly TestDatabase _database;
    private readonly string _folder = Directory.CreateTempSubdirectory("cea-learning").FullName;

    public LearningDesk(TestDatabase database)
    {
        _database = database;
        Model = new ModelInUse(TextClassifier.Load(Shipped), database.Databases, TestDatabase.Keys);
        Round = Host();
    }

    public ModelInUse Model { get; }
    public LearningRound Round { get; }

    /// <summary>Another Host on the same database.</summary>
    public LearningRound Host(TimeProvider? clock = null) =>
        new(_database.Databases, TestDatabase.Keys, new ModelInUse(TextClassifier.Load(Shipped), _database.Databases, TestDatabase.Keys), new Corpus(_folder), new Feedback.Storage.WakeUp(_database.Databases, TimeProvider.System), clock ?? TimeProvider.System);

    public static Task Aside(Action work) => Task.Run(work);

    /// <summary>The corpus: the first rows of English of the real one, and whatever else the test adds to it.</summary>
    public void Write(int rows, params string[] more)
    {
        var text = new StringBuilder();
        var lines = File.ReadLines(Path.Combine(TestDatabase.RepositoryRoot, "data", "corpus", "en.tsv")).ToList();
        text.Append(lines[0]).Append('\n');
        foreach (var line in lines.Skip(1).Take(rows).Concat(more))
            text.Append(line).Append('\n');
        File.WriteAllText(Path.Combine(_folder, "en.tsv"), text.ToString());
    }

    /// <summary>An item as somebody left it after confirming its codes.</summary>
    public async Task<Guid> ConfirmedAsync(string text, string type = "request", string topic = "water", string urgency = "normal", int sensitivity = 0, int daysAgo = 60, int circle = 0, byte[]? sealedText = null, bool confirmed = true)
    {
        var (id, person) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await _database.ExecuteAsync("insert into person (id, created_at, last_heard_at) values ($1, now(), now())", person);
        var audience = circle == 0 ? 1 : await Feedback.Safeguarding.AudienceIds.FindOrMakeAsync(_database.Databases.Worker, [(short)circle], null, false, [], CancellationToken.None);
        await _database.ExecuteAsync("""
            insert into item (id, receipt_code, person_id, channel, lang, audience_id, circle_id, checked, sensitivity, suggested_type, suggested_topics, suggested_urgency, suggested_sensitivity, suggestion,
                confirmed_type, confirmed_topics, confirmed_urgency, confirmed_at, team_id, spoken_at, recorded_at, last_message_at)
            select $1, $1::text, $2, 'web', 'en', $3, $4, true, $5, 'complaint', array['food'], 'low', 0, '{"model":"old","topics":[{"code":"food","confidence":0.4}]}', case when $10 then $6 end, case when $10 then array[$7] end,
                case when $10 then $8 end, case when $10 then now() - $9 * interval '1 day' end, (select min(id) from team), now(), now() - $9 * interval '1 day', now()
            """, id, person, audience, (short)circle, (short)sensitivity, type, topic, urgency, daysAgo, confirmed);
        await _database.ExecuteAsync("insert into message (id, item_id, person_id, audience_id, direction, kind, at, recorded_at, text, sealed) values (gen_random_uuid(), $1, $2, $3, 'in', 'message', now(), now(), $4, $5)",
            id, person, audience, sealedText is null ? text : DBNull.Value, (object?)sealedText ?? DBNull.Value);
        return id;
    }

    public Task AskAsync(string kind = "train") => _database.ExecuteAsync("insert into learning_task (kind, asked_at) values ($1, now()) on conflict do nothing", kind);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, true);
        return ValueTask.CompletedTask;
    }
}
