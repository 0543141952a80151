// One tab for each audience's first query; the credential goes into the tab's Headers.
fetch("/graphiql/first-queries.json")
  .then((response) => response.json())
  .then((tabs) => {
    const element = React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
      defaultTabs: tabs,
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
    });
    ReactDOM.render(element, document.getElementById("graphiql"));
  });
