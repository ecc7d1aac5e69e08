using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Coding;
using Cea.Feedback.Storage;
using Npgsql;

namespace Cea.Feedback.Learning;

/// <summary>Where the coded messages that come with the service lie: every training starts from them, and their part dev is the frozen set.</summary>
public sealed record Corpus(string Directory)
{
    internal IReadOnlyList<CodedText> Read() => System.IO.Directory.Exists(Directory) ? [.. System.IO.Directory.GetFiles(Directory, "*.tsv").Order(StringComparer.Ordinal).SelectMany(CodedText.Read)] : [];
}

/// <summary>What one round came to: nothing to do, or the kind of work and how it ended.</summary>
public readonly record struct LearningOutcome(string? Kind, string? Outcome, int Rows = 0, int Seconds = 0, int MemoryMb = 0);

/// <summary>
/// Does what was asked for, training or recoding, one piece a round, whichever Host leases it first; and asks by itself, once a week in the small hours, when officers have
/// confirmed enough since the last training or when a person of whom the model in use has learned was erased.
/// </summary>
public sealed class LearningRound(Databases databases, KeyRing keys, ModelInUse model, Corpus corpus, WakeUp wakeUp, TimeProvider clock)
{
    /// <summary>Items confirmed in these last days are never learned from: both models are compared on them.</summary>
    public static readonly TimeSpan HeldOut = TimeSpan.FromDays(30);
    public const int UsualLeast = 200, FirstHour = 1, LastHour = 5;
    private const int MostAttempts = 3, LeastOfNewTopic = 10;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(30), Week = TimeSpan.FromDays(6.5);

    /// <param name="aside">Runs what takes long on a thread of its own.</param>
    public async Task<LearningOutcome> RunAsync(Func<Action, Task> aside, CancellationToken ct)
    {
        await GiveUpAsync(ct);
        await AskAsync(ct);
        if (await LeaseAsync(ct) is not { } task)
            return default;
        await model.RefreshAsync(ct);
        try
        {
            return task.Kind == "train" ? await TrainAsync(task, aside, ct) : await new Recoding(databases, keys, model.Now, wakeUp, clock).RunAsync(task, Lease, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await FreeAsync(task); // the Host stops: another one, or this one when it is back, goes on at once
            return default;
        }
        catch
        {
            if (task.Attempt >= MostAttempts) // until then its lease runs out, and it is tried again
                await SettleAsync(task, "failed", null, ct);
            throw;
        }
    }

    private async Task FreeAsync(LearningTask task)
    {
        await using var command = databases.Worker.CreateCommand("update learning_task set lease_until = null, attempt = attempt - 1 where id = $1 and attempt = $2 and finished_at is null");
        command.Parameters.Add(new() { Value = task.Id });
        command.Parameters.Add(new() { Value = task.Attempt });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    // Who was killed in the middle could not say so: after as many tries it has failed.
    private async Task GiveUpAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("update learning_task set finished_at = $1, outcome = 'failed' where finished_at is null and attempt >= $2 and lease_until < $1");
        command.Parameters.Add(new() { Value = clock.GetUtcNow().UtcDateTime });
        command.Parameters.Add(new() { Value = MostAttempts });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task AskAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            with said as (select coalesce((select value from deployment where name = 'learning_weekly'), '1') = '1' as weekly,
                    coalesce((select value::int from deployment where name = 'learning_least'), $1) as wanted, coalesce((select value from deployment where name = 'time_zone'), 'UTC') as zone)
            insert into learning_task (kind, asked_at) select 'train', $2 from said
            where weekly and extract(hour from $2 at time zone zone) between $3 and $4 - 1
              and not exists (select 1 from learning_task where kind = 'train' and asked_at > $5)
              and (exists (select 1 from learned_model where state = 'champion' and holds_erased(id))
                or wanted <= (select count(*) from item i where i.confirmed_at < $6 and i.anonymised_at is null and i.circle_id <> 1
                    and not exists (select 1 from learned_item l where l.item_id = i.id and l.model_id = (select max(id) from learned_model))))
            on conflict do nothing
            """);
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var value in new object[] { UsualLeast, now, FirstHour, LastHour, now - Week, now - HeldOut })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<LearningTask?> LeaseAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            update learning_task set lease_until = $1, attempt = attempt + 1
            where id = (select id from learning_task where finished_at is null and (lease_until is null or lease_until < $2) order by id limit 1 for update skip locked)
            returning id, kind, attempt, asked_by, coalesce(cursor, '00000000-0000-0000-0000-000000000000')
            """);
        command.Parameters.Add(new() { Value = (clock.GetUtcNow() + Lease).UtcDateTime });
        command.Parameters.Add(new() { Value = clock.GetUtcNow().UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetInt64(0), reader.GetString(1), reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetInt32(3), reader.GetGuid(4)) : null;
    }

    private async Task<LearningOutcome> TrainAsync(LearningTask task, Func<Action, Task> aside, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var confirmed = await TrainingData.ReadAsync(databases, keys, ct);
        var codebook = await CodebookAsync(ct);
        List<ConfirmedText> held = [.. confirmed.Where(c => c.At >= now - HeldOut)], learned = [.. confirmed.Where(c => c.At < now - HeldOut)];
        if (learned.Count == 0 || (model.Shipped as TextClassifier ?? model.Now as TextClassifier) is not { } from)
        {
            var outcome = learned.Count == 0 ? "nothing_new" : "failed";
            await SettleAsync(task, outcome, null, ct);
            return new("train", outcome);
        }
        Trained? trained = null;
        var began = clock.GetTimestamp();
        using var memory = new MemoryWatch(clock);
        await aside(() =>
        {
            var messages = corpus.Read();
            var shipped = messages.Where(r => r.Part != "dev").ToList();
            var rows = Known(shipped, learned);
            var file = TrainBundle.Anew(from, [.. shipped, .. rows], codebook, ct);
            var challenger = TextClassifier.Load(file, "the challenger");
            var (report, refused) = Gate.Compare(model.Now, challenger, [.. messages.Where(r => r.Part == "dev")], held);
            trained = new(challenger.Version, file, report, refused, shipped.Count);
        });
        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        await KeepAsync(task, trained!, learned, seconds, memory.MostMb, ct);
        return new("train", trained!.Refused.Length == 0 ? "done" : "refused", learned.Count(c => c.Open), (int)seconds, memory.MostMb);
    }

    // A topic that the corpus does not have is learned once there are enough examples of it; until then nothing is said of it.
    private static List<CodedText> Known(List<CodedText> shipped, List<ConfirmedText> learned)
    {
        var topics = shipped.SelectMany(r => r.Topics).Concat(learned.SelectMany(l => l.Row.Topics).GroupBy(t => t).Where(g => g.Count() >= LeastOfNewTopic).Select(g => g.Key)).ToHashSet();
        return [.. learned.Select(l => l.Row with { Topics = [.. l.Row.Topics.Where(topics.Contains)] }).Where(r => r.Topics.Length > 0)];
    }

    private async Task KeepAsync(LearningTask task, Trained trained, List<ConfirmedText> learned, double seconds, int memory, CancellationToken ct)
    {
        await using var connection = await databases.Worker.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var alone = Sql.Command(connection, "select pg_advisory_xact_lock($1)", ModelChange.Lock))
            await alone.ExecuteNonQueryAsync(ct);
        // Earlier challengers and what nobody can go back to are destroyed, and everything but the model in use that has learned from what is no longer kept.
        await using (var make = Sql.Command(connection, """
            with reachable as (
                with recursive back as (select replaces as id, 1 as n from learned_model where state = 'champion' union all select m.replaces, n + 1 from back join learned_model m on m.id = back.id where n < 2)
                select id from back where id is not null and not holds_erased(id))
            update learned_model set sealed = null, state = 'retired' where state <> 'champion' and id not in (select id from reachable) and (kept or state = 'challenger');
            """))
            await make.ExecuteNonQueryAsync(ct);
        await using var insert = Sql.Command(connection, """
            insert into learned_model (version, trained_at, trained_by, state, corpus_rows, open_rows, seconds, memory_mb, report, refused, sealed)
            values ($1, $2, $3, 'challenger', $4, $5, $6, $7, $8::jsonb, $9, $10) returning id
            """, trained.Version, clock.GetUtcNow().UtcDateTime, task.AskedBy ?? (object)DBNull.Value, trained.CorpusRows, learned.Count(l => l.Open), (float)seconds, memory,
            JsonSerializer.Serialize(trained.Report, JsonSerializerOptions.Web), trained.Refused, keys.Seal(trained.File, ModelInUse.Purpose));
        insert.Parameters[2].NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer;
        var id = (int)(await insert.ExecuteScalarAsync(ct))!;
        // Of what is destroyed nobody asks any more what it had learned from.
        await using (var forgotten = Sql.Command(connection, "delete from learned_item l using learned_model m where m.id = l.model_id and m.sealed is null"))
            await forgotten.ExecuteNonQueryAsync(ct);
        await using (var items = Sql.Command(connection, "insert into learned_item (model_id, item_id) select $1, unnest($2::uuid[])", id, learned.Select(l => l.ItemId).ToArray()))
            await items.ExecuteNonQueryAsync(ct);
        await using (var audit = Sql.Command(connection, "insert into audit (officer_id, act, detail) values ($1, 'TrainChallenger', jsonb_build_object('model', $2::text, 'refused', array_to_string($3::text[], ' ')))",
            task.AskedBy ?? (object)DBNull.Value, trained.Version, trained.Refused))
        {
            audit.Parameters[0].NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer;
            await audit.ExecuteNonQueryAsync(ct);
        }
        await SettleAsync(task, "done", connection, ct);
        await transaction.CommitAsync(ct);
    }

    // Only while the lease is ours: whoever has it now does all of it.
    private async Task SettleAsync(LearningTask task, string outcome, NpgsqlConnection? within, CancellationToken ct)
    {
        await using var own = within is null ? await databases.Worker.OpenConnectionAsync(ct) : null;
        await using var command = Sql.Command(within ?? own!, "update learning_task set finished_at = $3, outcome = $4 where id = $1 and attempt = $2 and finished_at is null", task.Id, task.Attempt, clock.GetUtcNow().UtcDateTime, outcome);
        if (await command.ExecuteNonQueryAsync(ct) != 1)
            throw new InvalidOperationException("a lease was lost");
    }

    private async Task<Codebook> CodebookAsync(CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select tsv from codebook where current");
        return await command.ExecuteScalarAsync(ct) is string own ? Codebook.Parse(own) : Codebook.Default;
    }

    private sealed record Trained(string Version, byte[] File, ModelReport Report, string[] Refused, int CorpusRows);
}

/// <summary>A leased piece of work.</summary>
internal sealed record LearningTask(long Id, string Kind, int Attempt, int? AskedBy, Guid Cursor);

/// <summary>How much more memory the process holds than at the start, looked at four times a second.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private readonly long _before = Environment.WorkingSet;
    private readonly ITimer _timer;
    private long _most;

    public MemoryWatch(TimeProvider clock) => _timer = clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));

    public int MostMb
    {
        get
        {
            Look();
            return (int)(Math.Max(0, Interlocked.Read(ref _most) - _before) >> 20);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = Environment.WorkingSet;
        if (now > Interlocked.Read(ref _most))
            Interlocked.Exchange(ref _most, now);
    }
}
