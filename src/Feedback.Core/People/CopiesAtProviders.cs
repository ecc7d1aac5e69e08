using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.People;

/// <summary>Of how many erased people a line's provider still holds something.</summary>
/// <param name="Waiting">It is asked again and again.</param>
/// <param name="GaveUp">It would not delete within <see cref="ProviderCopies.GivesUpAfter"/>: what is left is seen only there.</param>
public sealed record CopiesAtProvider(string AccountId, long Waiting, long GaveUp);

/// <summary>For administrators, supervisors and data protection officers; nobody else gets a row.</summary>
public sealed record CopiesAtProviders : IRead<IReadOnlyList<CopiesAtProvider>>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<CopiesAtProviders, IReadOnlyList<CopiesAtProvider>>
    {
        public async Task<IReadOnlyList<CopiesAtProvider>> Handle(CopiesAtProviders request, CancellationToken ct) =>
            await db.Database.SqlQuery<CopiesAtProvider>($"select account_id as \"AccountId\", waiting as \"Waiting\", gave_up as \"GaveUp\" from provider_copies()").ToListAsync(ct);
    }
}
