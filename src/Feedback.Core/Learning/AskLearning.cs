using System.Globalization;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>Asks for a challenger now; a worker trains it, and nothing changes until somebody promotes it.</summary>
public sealed record TrainNow(Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageLearning;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<TrainNow, bool>
    {
        public Task<bool> Handle(TrainNow request, CancellationToken ct) => LearningTasks.AskAsync(db, "train", officer, clock, ct);
    }
}

/// <summary>Asks for all items that nobody confirmed to be read anew by the model in use.</summary>
public sealed record RecodeOldItems(Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageLearning;

    internal sealed class Handler(FeedbackDb db, Officer officer, TimeProvider clock) : IRequestHandler<RecodeOldItems, bool>
    {
        public Task<bool> Handle(RecodeOldItems request, CancellationToken ct) => LearningTasks.AskAsync(db, "recode", officer, clock, ct);
    }
}

/// <summary>Whether a challenger is trained every week by itself, and from how many newly confirmed items on.</summary>
public sealed record SaveLearning(bool Weekly, int Least, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageLearning;

    public object? AuditDetail => new { Weekly, Least };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<SaveLearning, int>
    {
        public async Task<int> Handle(SaveLearning request, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.Need(request.Least is >= 20 and <= 100_000, "learning_least", "out_of_range");
            check.Refuse();
            await SetAsync(DeploymentValues.LearningWeekly, request.Weekly ? "1" : "0", ct);
            await SetAsync(DeploymentValues.LearningLeast, request.Least.ToString(CultureInfo.InvariantCulture), ct);
            return request.Least;
        }

        private Task<int> SetAsync(string name, string value, CancellationToken ct) =>
            db.Database.ExecuteSqlAsync($"insert into deployment (name, value) values ({name}, {value}) on conflict (name) do update set value = excluded.value", ct);
    }
}

internal static class LearningTasks
{
    public static async Task<bool> AskAsync(FeedbackDb db, string kind, Officer officer, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return await db.Database.ExecuteSqlAsync($"insert into learning_task (kind, asked_by, asked_at) values ({kind}, {officer.Id}, {now}) on conflict do nothing", ct) == 1 ? true : throw new RuleException("already_asked");
    }
}
