using Cea.Feedback.People;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.People;

/// <summary>Has providers delete what they hold of people whose data was erased.</summary>
internal sealed class DeleteProviderCopies(ProviderCopies copies, IHostApplicationLifetime lifetime, ILogger<DeleteProviderCopies> log) : LongJob(lifetime, log)
{
    protected override Task GoAsync(CancellationToken ct) => copies.RunAsync(ct);
}
