using Cea.Feedback.People;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.People;

/// <summary>Has providers delete what they hold of people whose data was erased.</summary>
internal sealed class DeleteProviderCopies(ProviderCopies copies, ILogger<DeleteProviderCopies> log) : TimedJob(log)
{
    protected override Task RunAsync(CancellationToken ct) => copies.RunAsync(ct);
}
